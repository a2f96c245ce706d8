from sqlalchemy import select

from app.models import Chunk


def chunks_of(db, document_id):
    return db.scalars(select(Chunk).where(Chunk.document_id == document_id)).all()
