/* A library by the name of NVIDIA's, for tests: STUB_NVML names the machine that it plays. Codes are those of nvml.h. */
#include <stdlib.h>
#include <string.h>

enum { OK = 0, NOT_SUPPORTED = 3, NOT_FOUND = 6, DRIVER_NOT_LOADED = 9, UNKNOWN = 999 };
typedef struct { unsigned long long total, free, used; } memory;
typedef struct { unsigned int version; unsigned long long total, reserved, free, used; } memory_v2;

static int playing(const char *name) {
  const char *said = getenv("STUB_NVML");
  return said && strcmp(said, name) == 0;
}
static int is_slice(void *device) { return (long)device > 1; }

int nvmlInitWithFlags(unsigned int flags) {
  return playing("no-driver") ? DRIVER_NOT_LOADED : playing("broken") ? UNKNOWN : OK;
}
int nvmlShutdown(void) { return OK; }
const char *nvmlErrorString(int code) {
  return code == NOT_SUPPORTED ? "Not Supported" : code == NOT_FOUND ? "Not Found" : code == DRIVER_NOT_LOADED ? "Driver Not Loaded" : "Unknown Error";
}
int nvmlSystemGetDriverVersion(char *text, unsigned int size) { strncpy(text, "570.86.10", size); return OK; }
int nvmlSystemGetCudaDriverVersion_v2(int *version) { *version = 12080; return OK; }
int nvmlDeviceGetCount_v2(unsigned int *count) { *count = 1; return OK; }
int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device) { *device = (void *)1; return OK; }
int nvmlDeviceGetName(void *device, char *text, unsigned int size) {
  const char *name = is_slice(device) ? "NVIDIA H100 80GB HBM3 MIG 3g.40gb"
                     : playing("a100") ? "NVIDIA A100-SXM4-80GB"
                     : playing("gb10") ? "NVIDIA GB10" : "NVIDIA H100 80GB HBM3";
  strncpy(text, name, size);
  return OK;
}
int nvmlDeviceGetUUID(void *device, char *text, unsigned int size) { strncpy(text, "GPU-stub", size); return OK; }
int nvmlDeviceGetCudaComputeCapability(void *device, int *major, int *minor) {
  *major = playing("a100") ? 8 : playing("gb10") ? 12 : 9;
  *minor = playing("gb10") ? 1 : 0;
  return OK;
}
static unsigned long long total(void *device) { return is_slice(device) ? 42412802048ULL : playing("a100") ? 85094825984ULL : 85017493504ULL; }
int nvmlDeviceGetMemoryInfo(void *device, memory *out) {
  if (playing("gb10")) return NOT_SUPPORTED;
  out->total = out->free = total(device);
  out->used = 0;
  return OK;
}
int nvmlDeviceGetMemoryInfo_v2(void *device, memory_v2 *out) {
  if (playing("gb10")) return NOT_SUPPORTED;
  out->total = out->free = total(device);
  out->reserved = 600ULL << 20;
  out->used = 0;
  return OK;
}
int nvmlDeviceGetMigMode(void *device, unsigned int *current, unsigned int *pending) {
  if (playing("gb10")) return NOT_SUPPORTED;
  *current = *pending = playing("mig");
  return OK;
}
int nvmlDeviceGetMaxMigDeviceCount(void *device, unsigned int *count) { *count = 7; return OK; }
int nvmlDeviceGetMigDeviceHandleByIndex(void *device, unsigned int index, void **part) {
  if (index > 1) return NOT_FOUND;
  *part = (void *)(long)(10 + index);
  return OK;
}
int nvmlDeviceGetEccMode(void *device, unsigned int *current, unsigned int *pending) {
  if (playing("gb10")) return NOT_SUPPORTED;
  *current = *pending = 1;
  return OK;
}
int nvmlDeviceGetTotalEccErrors(void *device, int kind, int counter, unsigned long long *count) {
  if (playing("gb10")) return NOT_SUPPORTED;
  *count = playing("a100") ? 3 : 0;
  return OK;
}
int nvmlDeviceGetPowerManagementLimit(void *device, unsigned int *limit) { *limit = 300000; return OK; }
int nvmlDeviceGetPowerManagementDefaultLimit(void *device, unsigned int *limit) { *limit = 400000; return OK; }
/* All else does not exist, as in an old driver: the caller gets "function not found". */
