from app import asking

HANDLERS = {"ask": asking.ask}


def handler_of(name):
    return HANDLERS[name]
