from fastapi import FastAPI
from langchain_openai import ChatOpenAI
from langgraph.graph import END, StateGraph

app = FastAPI()
llm = ChatOpenAI(model="gpt-4o-mini", timeout=30, max_tokens=400)


def answer(state):
    return {"answer": llm.invoke(state["question"]).content}


builder = StateGraph(dict)
builder.add_node("answer", answer)
builder.set_entry_point("answer")
builder.add_edge("answer", END)
graph = builder.compile()


@app.post("/ask")
async def ask(question: str):
    return await graph.ainvoke({"question": question})
