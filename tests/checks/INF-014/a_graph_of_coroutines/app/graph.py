import requests
from langgraph.graph import END, StateGraph


async def look_up(state):
    return {"found": requests.get("https://search.example.com", params={"q": state["question"]}, timeout=20).text}


builder = StateGraph(dict)
builder.add_node("look_up", look_up)
builder.set_entry_point("look_up")
builder.add_edge("look_up", END)
graph = builder.compile()
