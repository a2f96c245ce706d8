from langchain_openai import ChatOpenAI

llm = ChatOpenAI(model="gpt-5.5")
print(llm.invoke("hello").content)
