def origins(settings):
    dev_origins = [
        "http://localhost:8080",
        "http://localhost:8501",
    ]
    if settings.debug:
        return dev_origins
    return ["http://localhost:8000"]
