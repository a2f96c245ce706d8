import requests
from langgraph.graph import END, StateGraph


def look_up(state):
    return {"found": requests.get("https://search.example.com", params={"q": state["question"]}, timeout=20).text}


def way(state):
    requests.post("https://models.example.com/choose", json=state, timeout=20)
    return END


builder = StateGraph(dict)
builder.add_node("look_up", look_up)
builder.set_entry_point("look_up")
builder.add_conditional_edges("look_up", way)
graph = builder.compile()
