from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Chunk, Document, User

router = APIRouter()

from app.deps import require_admin


@router.delete("/documents/{document_id}")
def delete_document(document_id: int, admin: User = Depends(require_admin), db: Session = Depends(get_db)):
    db.query(Document).filter(Document.id == document_id).delete()
