from langchain.agents import AgentExecutor

runner = AgentExecutor(agent=None, tools=[], max_iterations=5)
