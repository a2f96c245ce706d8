"""Named groups of qualified names, for `group:NAME` in queries: the packages' own lists, kept in one place.

Read from the packages' documentation; as of 2025-11. A pack may always name single functions beside a group.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Annotated, Final

from pydantic import AfterValidator

from aiaudit.probes.javascript.names import check_pattern
from aiaudit.probes.javascript.prepared import CALLED
from aiaudit.probes.python.match import checker, expand_groups


def _each(heads: Iterable[str], tails: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{head}.{tail}" for head, tail in product(heads, tails))


_OPENAI_CLASSES: Final = (
    "openai",
    "openai.OpenAI",
    "openai.AzureOpenAI",
    "openai.default",
    "@azure/openai.AzureOpenAI",
)
# SDKs whose clients offer the same methods as openai's.
_OPENAI_LIKE: Final = (
    "groq-sdk",
    "groq-sdk.Groq",
    "together-ai",
    "together-ai.Together",
    "portkey-ai",
    "portkey-ai.Portkey",
    "@cerebras/cerebras_cloud_sdk",
    "langfuse.observeOpenAI",
    "@langfuse/openai.observeOpenAI",
    "langsmith/wrappers.wrapOpenAI",
    "langsmith/wrappers/openai.wrapOpenAI",
    "braintrust.wrapOpenAI",
    "zhipuai-sdk-nodejs-v4.ZhipuAI",
    "openai-edge.OpenAIApi",
)
_OPENAI_METHODS: Final = (
    "chat.completions.create",
    "chat.completions.parse",
    "chat.completions.stream",
    "chat.completions.runTools",
    "beta.chat.completions.parse",
    "beta.chat.completions.stream",
    "beta.chat.completions.runTools",
    "completions.create",
    "createChatCompletion",
    "createCompletion",
)
# OpenAI's interface, which no other library has: a call of it asks a model, whatever client a function is handed.
_OPENAI_ANYWHERE: Final = ("*.chat.completions.create", "*.chat.completions.parse", "*.chat.completions.stream")
_OPENAI_RESPONSES: Final = ("responses.create", "responses.parse", "responses.stream")
_ANTHROPIC_CLASSES: Final = (
    "@anthropic-ai/sdk",
    "@anthropic-ai/sdk.Anthropic",
    "@anthropic-ai/bedrock-sdk",
    "@anthropic-ai/bedrock-sdk.AnthropicBedrock",
    "@anthropic-ai/vertex-sdk.AnthropicVertex",
)
_ANTHROPIC_METHODS: Final = (
    "messages.create",
    "messages.stream",
    "messages.parse",
    "beta.messages.create",
    "beta.messages.stream",
    "beta.messages.toolRunner",
    "completions.create",
)
_GOOGLE_OLD: Final = (
    "@google/generative-ai.GoogleGenerativeAI.getGenerativeModel",
    "@google-cloud/vertexai.VertexAI.getGenerativeModel",
    "@google-cloud/vertexai.VertexAI.preview.getGenerativeModel",
    "firebase/ai.getGenerativeModel",
)
_VERCEL: Final = ("generateText", "streamText", "generateObject", "streamObject", "experimental_generateText")
_CHAT_MODELS: Final = (
    "ChatOpenAI",
    "AzureChatOpenAI",
    "ChatAnthropic",
    "ChatGoogleGenerativeAI",
    "ChatVertexAI",
    "ChatBedrockConverse",
    "BedrockChat",
    "ChatOllama",
    "ChatMistralAI",
    "ChatCohere",
    "ChatGroq",
    "ChatTogetherAI",
    "ChatFireworks",
    "ChatDeepSeek",
    "ChatXAI",
    "ChatCloudflareWorkersAI",
    "ChatWebLLM",
)
_LANGCHAIN: Final = (
    "@langchain/*",
    "langchain/*",
)
_RUN: Final = ("invoke", "stream", "batch", "call", "predict", "generate", "streamEvents")

_CLIENTS: Final = (
    *_OPENAI_CLASSES,
    "groq-sdk",
    "groq-sdk.Groq",
    "together-ai",
    "portkey-ai",
    "portkey-ai.Portkey",
    *_ANTHROPIC_CLASSES,
    "@google/genai.GoogleGenAI",
    "@google/generative-ai.GoogleGenerativeAI",
    "cohere-ai.CohereClient",
    "cohere-ai.CohereClientV2",
    "@mistralai/mistralai.Mistral",
    "@mistralai/mistralai",
    "replicate",
    "@huggingface/inference.HfInference",
    "@huggingface/inference.InferenceClient",
    "ollama.Ollama",
    "@aws-sdk/client-bedrock-runtime.BedrockRuntimeClient",
)

_WRAPPERS: Final = (  # objects of frameworks that stand for a model: what limits a call is given to them
    *_each(_LANGCHAIN, _CHAT_MODELS),
    "@langchain/openai.OpenAI",
    "langchain/llms/openai.OpenAI",
    "langchain/chat_models/universal.initChatModel",
    "langchain.initChatModel",
    "@langchain/*.initChatModel",
    "@langchain/community/*.HuggingFaceInference",
    "llamaindex.OpenAI",
    "llamaindex.Anthropic",
    "llamaindex.Ollama",
    "llamaindex.Gemini",
    "llamaindex.openai",
    "@llamaindex/openai.OpenAI",
    "@llamaindex/openai.openai",
    "@llamaindex/anthropic.Anthropic",
)

# One call, one completion (or, with tools, a bounded number of them); by interface, since each names its limits itself.
_OF_INTERFACE: Final[dict[str, tuple[str, ...]]] = {
    "openai": (
        *_each((*_OPENAI_CLASSES, *_OPENAI_LIKE), _OPENAI_METHODS),
        "openai.OpenAIApi.createChatCompletion",
        "openai.OpenAIApi.createCompletion",
        "openai-api.complete",
        "openai-api.OpenAI.complete",
        *_OPENAI_ANYWHERE,
    ),
    "responses": _each((*_OPENAI_CLASSES, *_OPENAI_LIKE), _OPENAI_RESPONSES),
    "anthropic": _each(_ANTHROPIC_CLASSES, _ANTHROPIC_METHODS),
    "ai_sdk": _each(("ai", "ai/rsc", "@ai-sdk/rsc"), (*_VERCEL, "streamUI")),
    "google": (
        *_each(
            ("@google/genai.GoogleGenAI",),
            (
                "models.generateContent",
                "models.generateContentStream",
                "chats.create.sendMessage",
                "chats.create.sendMessageStream",
            ),
        ),
        *_each(
            _GOOGLE_OLD,
            ("generateContent", "generateContentStream", "startChat.sendMessage", "startChat.sendMessageStream"),
        ),
    ),
    "genkit": (
        *_each(
            ("genkit.genkit", "genkit/beta.genkit"),
            (
                "generate",
                "generateStream",
                *_each(("definePrompt", "prompt"), (CALLED, "stream")),
                *_each(("chat", "createSession.chat"), ("send", "sendStream")),
            ),
        ),
        "@genkit-ai/ai.generate",
        "@genkit-ai/ai.generateStream",
        "@genkit-ai/dotprompt.defineDotprompt.generate",
    ),
    "cohere": _each(
        ("cohere-ai.CohereClient", "cohere-ai.CohereClientV2", "cohere-ai.CohereClient.v2"),
        ("chat", "chatStream", "generate"),
    ),
    "mistral": _each(
        ("@mistralai/mistralai.Mistral", "@mistralai/mistralai"),
        ("chat.complete", "chat.stream", "chat", "chatStream", "agents.complete", "fim.complete"),
    ),
    "replicate": _each(("replicate", "replicate.Replicate"), ("run", "stream", "predictions.create")),
    "huggingface": _each(
        ("@huggingface/inference", "@huggingface/inference.HfInference", "@huggingface/inference.InferenceClient"),
        ("textGeneration", "textGenerationStream", "chatCompletion", "chatCompletionStream"),
    ),
    "ollama": _each(("ollama", "ollama.Ollama"), ("chat", "generate")),
    "bedrock": (
        "@aws-sdk/client-bedrock-runtime.InvokeModelCommand",
        "@aws-sdk/client-bedrock-runtime.InvokeModelWithResponseStreamCommand",
        "@aws-sdk/client-bedrock-runtime.ConverseCommand",
        "@aws-sdk/client-bedrock-runtime.ConverseStreamCommand",
    ),
    # A run of an assistant gives back the run; the answer is read from the thread.
    "assistant_run": _each(
        ("*.beta.threads",),
        (
            *_each(("runs",), ("create", "createAndPoll", "createAndStream", "stream")),
            "createAndRun",
            "createAndRunPoll",
            "createAndRunStream",
        ),
    ),
}
_COMPLETION: Final = tuple(name for names in _OF_INTERFACE.values() for name in names)
_ANSWER: Final = (
    *(name for name in _COMPLETION if name not in _OF_INTERFACE["assistant_run"]),
    *_each(("*.beta.threads.messages",), ("list", "retrieve")),
)

_INDIRECT: Final = (  # a framework's call that ends in completions
    *_each(_each(_LANGCHAIN, _CHAT_MODELS), _RUN),
    *_each(("@langchain/openai.OpenAI", "langchain/llms/openai.OpenAI"), _RUN),
    *_each(("@langchain/langgraph/prebuilt.createReactAgent", "langchain.createAgent"), ("invoke", "stream")),
    *_each(("langchain/agents.AgentExecutor", "langchain/agents.AgentExecutor.fromAgentAndTools"), ("invoke", "call")),
    *_each(
        (
            "langchain/chains.LLMChain",
            "langchain/chains.ConversationalRetrievalQAChain.fromLLM",
            "langchain/chains.RetrievalQAChain.fromLLM",
            "langchain/chains/retrieval.createRetrievalChain",
        ),
        ("call", "invoke", "stream"),
    ),
    "chatgpt.ChatGPTAPI.sendMessage",
    "chatgpt.ChatGPTUnofficialProxyAPI.sendMessage",
    "@google/genai.GoogleGenAI.live.connect",
    "openai/realtime/ws.OpenAIRealtimeWS",
    "openai/realtime/websocket.OpenAIRealtimeWebSocket",
    "openai/beta/realtime/ws.OpenAIRealtimeWS",
    "openai/beta/realtime/websocket.OpenAIRealtimeWebSocket",
    *_each(("@openai/agents-realtime", "@openai/agents/realtime"), ("RealtimeSession.connect",)),
    "@openai/agents.run",
    "@openai/agents.Runner.run",
    "@anthropic-ai/claude-agent-sdk.query",
    "@anthropic-ai/claude-code.query",
    "@mastra/core/agent.Agent.generate",
    "@mastra/core/agent.Agent.stream",
    *_each(("ai.ToolLoopAgent", "ai.Experimental_Agent", "ai.Agent"), ("generate", "stream")),
    *_each(
        (
            "llamaindex.OpenAI",
            "llamaindex.Anthropic",
            "llamaindex.Ollama",
            "@llamaindex/openai.OpenAI",
            "@llamaindex/openai.openai",
        ),
        ("chat", "complete"),
    ),
    "*.asQueryEngine.query",
    "*.asChatEngine.chat",
)

_EMBEDDING: Final = (
    *_each((*_OPENAI_CLASSES, *_OPENAI_LIKE), ("embeddings.create", "createEmbedding")),
    "ai.embed",
    "ai.embedMany",
    "cohere-ai.CohereClient.embed",
    "cohere-ai.CohereClientV2.embed",
    "@mistralai/mistralai.Mistral.embeddings.create",
    "@google/genai.GoogleGenAI.models.embedContent",
    *_each(_GOOGLE_OLD, ("embedContent", "batchEmbedContents")),
    "ollama.embed",
    "ollama.embeddings",
    "@huggingface/inference.HfInference.featureExtraction",
    "@huggingface/inference.InferenceClient.featureExtraction",
    *_each(
        _LANGCHAIN,
        (
            "OpenAIEmbeddings",
            "AzureOpenAIEmbeddings",
            "CohereEmbeddings",
            "GoogleGenerativeAIEmbeddings",
            "MistralAIEmbeddings",
            "OllamaEmbeddings",
            "BedrockEmbeddings",
        ),
    ),
    "@llamaindex/openai.OpenAIEmbedding",
    "llamaindex.OpenAIEmbedding",
)

_AGENT: Final = (  # a model that chooses tools, by a framework that runs the loop
    "@langchain/langgraph/prebuilt.createReactAgent",
    "@langchain/langgraph/prebuilt.ToolNode",
    "langchain.createAgent",
    "langchain/agents.AgentExecutor",
    "langchain/agents.AgentExecutor.fromAgentAndTools",
    "langchain/agents.createToolCallingAgent",
    "langchain/agents.createOpenAIFunctionsAgent",
    "langchain/agents.createReactAgent",
    "langchain/agents.initializeAgentExecutorWithOptions",
    "@langchain/*.bindTools",
    "@openai/agents.Agent",
    "@openai/agents-realtime.RealtimeAgent",
    "@openai/agents/realtime.RealtimeAgent",
    "@anthropic-ai/claude-agent-sdk.query",
    "@mastra/core/agent.Agent",
    "ai.ToolLoopAgent",
    "ai.Experimental_Agent",
    "llamaindex.ReActAgent",
    "llamaindex.OpenAIAgent",
    "@llamaindex/workflow.agent",
)

_AXIOS: Final = ("axios", "axios.create", "axios.axios", "axios.axios.create")
_HTTP_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "request")
_HTTP: Final = (
    "fetch",
    "node-fetch",
    "undici.fetch",
    "undici.request",
    "cross-fetch",
    "isomorphic-fetch",
    "isomorphic-unfetch",
    "node-fetch-native",
    *_AXIOS[::2],
    *_each(_AXIOS, _HTTP_METHODS),
    *_each(("got", "got.got", "got.extend", "ky", "ky.create", "superagent"), _HTTP_METHODS),
    "got",
    "ky",
    "http.request",
    "https.request",
    "http.get",
    "https.get",
)

OPTIONS_SECOND: Final = (
    *(name for name in _OF_INTERFACE["assistant_run"] if ".runs." in name),
    "*.beta.assistants.update",
)
"""Methods whose first argument names what they act on, and whose second one holds the options."""

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "llm.client": _CLIENTS,
    "llm.wrapper": _WRAPPERS,
    "llm.completion": _COMPLETION,
    "llm.answer": _ANSWER,  # those whose value is what the model wrote
    "llm.run": _INDIRECT,
    "llm.embedding": _EMBEDDING,
    "llm.agent": _AGENT,
    "http.request": _HTTP,
    **{f"llm.{interface}": names for interface, names in _OF_INTERFACE.items()},
}


def expanded(names: Iterable[str]) -> list[str]:
    """The names, with `group:NAME` replaced by what is in the group. Raises ValueError for an unknown group."""
    return expand_groups(names, GROUPS)


Names = Annotated[list[str], AfterValidator(checker(GROUPS, check_pattern))]
"""Qualified names and groups of them, in a query."""
