from fastapi import APIRouter, Depends, HTTPException
from sqlalchemy.orm import Session

from app.deps import get_current_user, get_db
from app.models import Article, User

router = APIRouter()


@router.get("/articles/{article_id}")
def read_article(article_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    return db.query(Article).filter(Article.id == article_id).first()


@router.get("/users/{user_id}")
def read_user(user_id: int, user: User = Depends(get_current_user), db: Session = Depends(get_db)):
    return db.query(User).filter(User.id == user_id).first()
