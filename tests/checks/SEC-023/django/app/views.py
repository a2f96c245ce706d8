from django.contrib.auth.decorators import login_required
from django.http import JsonResponse
from django.shortcuts import get_object_or_404

from app.models import Scan


@login_required
def show(request, pk):
    scan = get_object_or_404(Scan, pk=pk)
    return JsonResponse({"finding": scan.finding})


@login_required
def mine(request, pk):
    scan = get_object_or_404(Scan, pk=pk, patient=request.user)
    return JsonResponse({"finding": scan.finding})
