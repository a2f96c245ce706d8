from fastapi import Depends, HTTPException
from fastapi.security import OAuth2PasswordBearer
from jose import JWTError, jwt
from sqlalchemy.orm import Session

from app.models import User

scheme = OAuth2PasswordBearer(tokenUrl="token")


def get_db():
    yield Session()


def get_current_user(token: str = Depends(scheme), db: Session = Depends(get_db)) -> User:
    try:
        email = jwt.decode(token, "key", algorithms=["HS256"]).get("sub")
    except JWTError:
        raise HTTPException(status_code=401, detail="log in first")
    user = db.query(User).filter(User.email == email).first()
    if user is None:
        raise HTTPException(status_code=401, detail="log in first")
    return user


def require_admin(user: User = Depends(get_current_user)) -> User:
    if user.role != "admin":
        raise HTTPException(status_code=403, detail="for administrators")
    return user
