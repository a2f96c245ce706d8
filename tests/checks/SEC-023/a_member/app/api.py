from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException
from sqlmodel import Session, select

from app.deps import get_current_user, get_db
from app.models import Member, User, Workspace

CurrentUser = Annotated[User, Depends(get_current_user)]
router = APIRouter()


@router.get("/workspaces/{workspace_id}")
def read_workspace(workspace_id: int, user: CurrentUser, db: Session = Depends(get_db)):
    workspace = db.get(Workspace, workspace_id)
    member = db.exec(select(Member).where(Member.workspace_id == workspace.id, Member.user_id == user.id)).first()
    if member is None:
        raise HTTPException(status_code=403)
    return workspace
