"""How libraries of Python ask language models: their clients, the objects that stand for a model, and the calls that
end in a completion. Read from the libraries' documentation; `groups` gives the lists their names."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_OPENAI_CLASSES: Final = ("OpenAI", "AsyncOpenAI", "AzureOpenAI", "AsyncAzureOpenAI")
_OPENAI_MODULES: Final = ("openai", "langfuse.openai")
_OPENAI_METHODS: Final = (
    "chat.completions.create",
    "chat.completions.parse",
    "chat.completions.stream",
    "chat.completions.with_raw_response.create",
    "chat.completions.with_streaming_response.create",
    "beta.chat.completions.parse",
    "beta.chat.completions.stream",
    "responses.create",
    "responses.parse",
    "responses.stream",
    "responses.with_raw_response.create",
    "responses.with_streaming_response.create",
    "completions.create",
)
# SDKs whose clients offer the same methods as openai's.
_OPENAI_LIKE: Final = (
    "groq.Groq",
    "groq.AsyncGroq",
    "together.Together",
    "together.AsyncTogether",
    "portkey_ai.Portkey",
    "portkey_ai.AsyncPortkey",
    "cerebras.cloud.sdk.Cerebras",
    "langfuse.openai.OpenAI",
    "langfuse.openai.AsyncOpenAI",
    "langfuse.openai.AzureOpenAI",
    "zhipuai.ZhipuAI",
    "huggingface_hub.InferenceClient",
    "huggingface_hub.AsyncInferenceClient",
)
_ANTHROPIC: Final = (
    "Anthropic",
    "AsyncAnthropic",
    "AnthropicBedrock",
    "AsyncAnthropicBedrock",
    "AnthropicVertex",
    "AsyncAnthropicVertex",
    "AnthropicFoundry",
    "AsyncAnthropicFoundry",
)
_COHERE: Final = (
    "cohere.Client",
    "cohere.ClientV2",
    "cohere.AsyncClient",
    "cohere.AsyncClientV2",
    "cohere.client.Client",
    "cohere.client.AsyncClient",
    "cohere.client_v2.ClientV2",
    "cohere.client_v2.AsyncClientV2",
    *(f"cohere.{cloud}{kind}" for cloud in ("Bedrock", "Sagemaker") for kind in ("Client", "ClientV2")),
)
# Since version 2 `mistralai.client` is where the class is; before, it was the package, and in version 0 another class.
MISTRAL: Final = (
    "mistralai.Mistral",
    "mistralai.sdk.Mistral",
    "mistralai.client.Mistral",
    "mistralai.client.sdk.Mistral",
    "mistralai_azure.MistralAzure",
    "mistralai.azure.client.MistralAzure",
    "mistralai_gcp.MistralGoogleCloud",
    "mistralai.gcp.client.MistralGCP",
)
_OLD_MISTRAL: Final = (
    "mistralai.client.MistralClient",
    "mistralai.async_client.MistralAsyncClient",
)
_GOOGLE: Final = ("google.genai.Client", "google.genai.client.Client")
_OLD_GOOGLE: Final = (
    "google.generativeai.GenerativeModel",
    "google.generativeai.generative_models.GenerativeModel",
    "vertexai.generative_models.GenerativeModel",
    "vertexai.preview.generative_models.GenerativeModel",
)
_XAI: Final = ("xai_sdk.Client", "xai_sdk.AsyncClient", "xai_sdk.sync.client.Client", "xai_sdk.aio.client.Client")
_CHAT_MODELS: Final = (
    "ChatOpenAI",
    "AzureChatOpenAI",
    "ChatAnthropic",
    "ChatGoogleGenerativeAI",
    "ChatVertexAI",
    "ChatBedrock",
    "ChatBedrockConverse",
    "ChatOllama",
    "ChatMistralAI",
    "ChatCohere",
    "ChatGroq",
    "ChatTogether",
    "ChatFireworks",
    "ChatLiteLLM",
    "ChatHuggingFace",
    "ChatDeepSeek",
    "ChatXAI",
    "ChatPerplexity",
    "ChatNVIDIA",
    "ChatDatabricks",
    "ChatOpenRouter",
    "ChatTongyi",
)
_RUN: Final = ("invoke", "ainvoke", "stream", "astream", "batch", "abatch", "predict", "generate", "__call__")


def each(heads: Iterable[str], tails: Iterable[str]) -> tuple[str, ...]:
    """Every head with every tail."""
    tails = tuple(tails)
    return tuple(f"{head}.{tail}" for head in heads for tail in tails)


_HAYSTACK_GENERATORS: Final = tuple(  # components of a pipeline: haystack.… and haystack_integrations.…
    f"haystack*.{vendor}{kind}"
    for vendor in (
        "OpenAI",
        "AzureOpenAI",
        "Anthropic",
        "AnthropicVertex",
        "AmazonBedrock",
        "Cohere",
        "GoogleAIGemini",
        "GoogleGenAI",
        "VertexAIGemini",
        "HuggingFaceAPI",
        "LlamaStack",
        "Mistral",
        "Nvidia",
        "Ollama",
        "OpenRouter",
        "TogetherAI",
        "WatsonX",
        "Watsonx",
    )
    for kind in ("Generator", "ChatGenerator")
)


CLIENTS: Final = (
    *each(_OPENAI_MODULES, _OPENAI_CLASSES),
    *(one for one in _OPENAI_LIKE if not one.startswith("langfuse")),
    *each(["anthropic"], _ANTHROPIC),
    *_GOOGLE,
    *_OLD_GOOGLE,
    *_COHERE,
    *MISTRAL,
    *_OLD_MISTRAL,
    "ollama.Client",
    "ollama.AsyncClient",
    *_XAI,
    "litellm.Router",
)

WRAPPERS: Final = (  # objects of frameworks that stand for a model: what limits a call is given to them
    *(f"langchain*.{name}" for name in _CHAT_MODELS),
    "langchain*.init_chat_model",
    "langchain_openai.OpenAI",
    "langchain_openai.AzureOpenAI",
    "langchain*.llms.OpenAI",
    "langchain*.llms.AzureOpenAI",
    "langchain*.llms.*.OpenAI",
    "langchain*.OllamaLLM",
    "langchain*.llms.Ollama",
    "langchain*.HuggingFaceHub",
    "langchain*.HuggingFaceEndpoint",
    "langchain*.VertexAI",
    "langchain*.Cohere",
    "llama_index.llms.*.OpenAI",
    "llama_index.llms.*.AzureOpenAI",
    "llama_index.llms.*.OpenAILike",
    "llama_index.llms.*.LiteLLM",
    "llama_index.llms.*.Groq",
    "llama_index.llms.*.OpenRouter",
    "llama_index.llms.*.DeepSeek",
    "llama_index.llms.*.GoogleGenAI",
    "llama_index.llms.*.Anthropic",
    "llama_index.llms.*.Ollama",
    "llama_index.llms.*.Gemini",
    "llama_index.llms.*.Bedrock",
    "llama_index.llms.OpenAI",
    "llama_index.llms.Anthropic",
    "llama_index.llms.Replicate",
    "livekit.agents.inference.LLM",
    "livekit.plugins.*.LLM",
    "livekit.plugins.*.RealtimeModel",
    *each(
        ["pipecat.services.*"],
        (
            f"{vendor}LLMService"
            for vendor in (
                "OpenAI",
                "Anthropic",
                "Google",
                "Groq",
                "Azure",
                "OLLama",
                "Mistral",
                "OpenRouter",
                "Together",
            )
        ),
    ),
    "dspy.LM",
    "dspy.OpenAI",
    "crewai.LLM",
    *_HAYSTACK_GENERATORS,
    "semantic_kernel.connectors.ai.open_ai.*.OpenAIChatCompletion",
    "semantic_kernel.connectors.ai.open_ai.OpenAIChatCompletion",
    "semantic_kernel.connectors.ai.open_ai.AzureChatCompletion",
    "autogen_ext.models.openai.OpenAIChatCompletionClient",
    "smolagents.OpenAIServerModel",
    "smolagents.LiteLLMModel",
    "smolagents.InferenceClientModel",
)

DIRECT: Final = (  # one call, one completion
    # Interfaces of OpenAI and Google, which no other library has: a call of them asks a model, whatever client a
    # function is handed.
    "*.chat.completions.create",
    "*.chat.completions.parse",
    "*.models.generate_content",
    "*.models.generate_content_stream",
    *each(each(_OPENAI_MODULES, _OPENAI_CLASSES), _OPENAI_METHODS),
    *each(_OPENAI_LIKE, _OPENAI_METHODS),
    *each(["openai"], _OPENAI_METHODS),
    "openai.ChatCompletion.create",
    "openai.ChatCompletion.acreate",
    "openai.Completion.create",
    "openai.Completion.acreate",
    *each(
        each(["anthropic"], _ANTHROPIC),
        ["messages.create", "messages.stream", "messages.parse", "beta.messages.create", "completions.create"],
    ),
    "litellm.completion",
    "litellm.acompletion",
    "litellm.text_completion",
    "litellm.atext_completion",
    "litellm.responses",
    "litellm.aresponses",
    "litellm.Router.completion",
    "litellm.Router.acompletion",
    *each(
        _GOOGLE,
        [
            "models.generate_content",
            "models.generate_content_stream",
            "aio.models.generate_content",
            "chats.create.send_message",
            "interactions.create",
            "aio.interactions.create",
        ],
    ),
    *each(
        _OLD_GOOGLE,
        ["generate_content", "generate_content_async", "start_chat.send_message"],
    ),
    *each(_COHERE, ["chat", "generate", "chat_stream"]),
    *each(
        MISTRAL,
        each(
            ["chat", "agents", "fim"],
            ["complete", "complete_async", "stream", "stream_async", "parse", "parse_async"],
        ),
    ),
    *each(MISTRAL, each(["beta.conversations"], ["start", "start_async", "append", "append_async", "run_async"])),
    *each(_OLD_MISTRAL, ["chat", "chat_stream"]),
    "ollama.chat",
    "ollama.generate",
    *each(["ollama.Client", "ollama.AsyncClient"], ["chat", "generate"]),
    "huggingface_hub.InferenceClient.text_generation",
    "huggingface_hub.InferenceClient.chat_completion",
    "replicate.run",
    "replicate.stream",
    "boto3.client.invoke_model",
    "boto3.client.invoke_model_with_response_stream",
    "boto3.client.converse",
    "boto3.client.converse_stream",
    *each(("boto3.client", "boto3.Session.client"), ("retrieve_and_generate", "retrieve_and_generate_stream")),
    "boto3.Session.client.invoke_model",
    "boto3.Session.client.converse",
    "dashscope.Generation.call",
    *each(_XAI, ["chat.create"]),
    *each(["azure.ai.inference.ChatCompletionsClient", "azure.ai.inference.aio.ChatCompletionsClient"], ["complete"]),
    *each(["aisuite.Client"], _OPENAI_METHODS),
    *each(["instructor.from_provider", "instructor.from_openai", "instructor.patch"], _OPENAI_METHODS),
    *each(["ibm_watsonx_ai.foundation_models.ModelInference"], ["chat", "generate", "generate_text", "chat_stream"]),
)

# A run of one of OpenAI's assistants asks its model. It gives back the run; the answer is read from the thread.
ASSISTANT_RUNS: Final = each(
    ("*.beta.threads",),
    (
        *each(("runs",), ("create", "create_and_poll", "create_and_stream", "stream")),
        "create_and_run",
        "create_and_run_poll",
        "create_and_run_stream",
    ),
)

INDIRECT: Final = (  # a framework's call that ends in completions
    *each((f"langchain*.{name}" for name in (*_CHAT_MODELS, "init_chat_model", "OllamaLLM", "OpenAI")), _RUN),
    *each(
        (
            f"langchain*.{name}"
            for name in ("LLMChain", "ConversationChain", "load_qa_chain", "load_summarize_chain", "initialize_agent")
        ),
        ["run", "arun", "invoke", "ainvoke", "predict", "__call__"],
    ),
    "langchain*.ConversationalRetrievalChain.from_llm.__call__",
    "langchain*.ConversationalRetrievalChain.from_llm.invoke",
    "langchain*.RetrievalQA.from_chain_type.__call__",
    "langchain*.RetrievalQA.from_chain_type.invoke",
    "langchain*.RetrievalQA.from_chain_type.run",
    "langchain*.create_retrieval_chain.invoke",
    "langchain*.AgentExecutor.invoke",
    "langchain*.AgentExecutor.ainvoke",
    "langchain*.create_agent.invoke",
    *each(("deepagents*.create_deep_agent", "deepagents*.create_deep_agent.with_config"), ["invoke", "ainvoke"]),
    "langgraph*.create_react_agent.invoke",
    "langgraph*.create_react_agent.ainvoke",
    *each(
        (one for one in WRAPPERS if one.startswith("llama_index")),
        ["complete", "acomplete", "chat", "achat", "stream_chat"],
    ),
    "*.as_query_engine.query",
    "*.as_query_engine.aquery",
    "*.as_chat_engine.chat",
    "*.as_chat_engine.stream_chat",
    "pydantic_ai.Agent.run",
    "pydantic_ai.Agent.run_sync",
    "pydantic_ai.Agent.run_stream",
    "agents.Runner.run",
    "agents.Runner.run_sync",
    "agents.Runner.run_streamed",
    "crewai.Crew.kickoff",
    "crewai.Crew.kickoff_async",
    "autogen.*.initiate_chat",
    "smolagents.CodeAgent.run",
    "smolagents.ToolCallingAgent.run",
    "claude_agent_sdk.query",
    "claude_code_sdk.query",
    "llm.get_model.prompt",
    "dspy.Predict.__call__",
    "dspy.ChainOfThought.__call__",
    "dspy.ReAct.__call__",
    "dspy.LM.__call__",
    "prompty.execute",
    "prompty.execute_async",
    "prompty.run",
    "prompty.run_async",
    "promptflow*.Prompty.load.__call__",
    "promptflow*.load_flow.__call__",
    "semantic_kernel.Kernel.invoke",
    "semantic_kernel.Kernel.invoke_prompt",
    "semantic_kernel.Kernel.invoke_stream",
    "semantic_kernel.agents.ChatCompletionAgent.get_response",
    "semantic_kernel.agents.ChatCompletionAgent.invoke",
    "agent_framework.ChatAgent.run",
    "agent_framework.ChatAgent.run_stream",
    "google.adk.runners.Runner.run",
    "google.adk.runners.Runner.run_async",
    "strands.Agent.__call__",
    "agno.agent.Agent.run",
    "agno.agent.Agent.arun",
    *each(_HAYSTACK_GENERATORS, ["run", "run_async"]),
)
