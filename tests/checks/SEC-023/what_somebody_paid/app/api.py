from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Document, User

PRICE = 3
router = APIRouter()


@router.get("/documents/{document_id}")
def read_document(document_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    if user.credits < PRICE or user.plan == Plan.FREE:
        raise HTTPException(status_code=402)
    return db.query(Document).filter(Document.id == document_id).first()


class Plan:
    FREE = "free"
