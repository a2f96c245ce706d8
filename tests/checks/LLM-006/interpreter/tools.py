from langchain_experimental.tools import PythonREPLTool

tool = PythonREPLTool()
