from flask import Blueprint, jsonify
from flask_login import current_user, login_required

from app.models import Document

bp = Blueprint("documents", __name__)


@bp.route("/documents/<int:document_id>", methods=["DELETE"])
@login_required
def remove(document_id):
    Document.query.filter_by(id=document_id).delete()
    return jsonify(ok=True)


@bp.route("/documents/<int:document_id>")
@login_required
def show(document_id):
    return jsonify(Document.query.filter_by(id=document_id, user_id=current_user.id).first_or_404())
