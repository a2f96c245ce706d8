from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Chunk, Document, User

router = APIRouter()


class Documents:
    def __init__(self, session: Session) -> None:
        self.session = session

    def of(self, document_id: int):
        document = self.session.get(Document, document_id)
        if document.content == "":
            raise HTTPException(status_code=404)
        return document


@router.get("/documents/{document_id}")
def read_document(document_id: int, user: User = Depends(get_current_user), session: Session = Depends(get_db)):
    document = session.get(Document, document_id)
    if document.content == "draft":
        raise HTTPException(status_code=404)
    check_rate_limit(user.id, document_id)
    return {"content": document.content}


@router.get("/documents/{document_id}/all")
def read_all(document_id: int, user: User = Depends(get_current_user), session: Session = Depends(get_db)):
    return Documents(session).of(document_id)


def check_rate_limit(user_id, document_id):
    return None
