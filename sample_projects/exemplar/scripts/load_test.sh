#!/bin/sh
# Starts the service as the image does, on one processor, and sends it the declared peak for two minutes;
# keeps the peak memory of each of its processes.
set -eu
ROUTER_LOAD_KEYS=$(for _ in $(seq 16); do openssl rand -hex 16; done | paste -sd, -)
ROUTER_API_KEYS=$ROUTER_LOAD_KEYS
export ROUTER_LOAD_KEYS ROUTER_API_KEYS
taskset -c 0 uvicorn router.serve:app --port 8377 --workers 2 --log-level warning &
service=$!
trap 'kill $service' EXIT
timeout 60 sh -c 'until curl -sf localhost:8377/ready; do sleep 1; done'
locust -f tests/load/locustfile.py --headless --users 16 --spawn-rate 16 --run-time 120s \
  --host http://localhost:8377 --json-file reports/load_test
for process in $service $(pgrep -P $service); do grep VmHWM "/proc/$process/status"; done > reports/load_test_memory.txt
