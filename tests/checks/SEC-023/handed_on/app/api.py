from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Chunk, Document, User

router = APIRouter()

from app.policy import Policy


@router.get("/documents/{document_id}")
def read_document(document_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    document = db.query(Document).filter(Document.id == document_id).first()
    Policy(user).read(document)
    return {"content": document.content}
