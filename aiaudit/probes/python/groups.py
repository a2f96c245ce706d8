"""Named groups of qualified names, for `group:NAME` in queries: the libraries' own lists, kept in one place.

Read from the libraries' documentation; as of 2025-11. A pack may always name single functions beside a group.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from pydantic import AfterValidator

from aiaudit.probes.python.groups_of_llms import (
    _OPENAI_CLASSES,
    ASSISTANT_RUNS,
    CLIENTS,
    DIRECT,
    INDIRECT,
    MISTRAL,
    WRAPPERS,
    each,
)
from aiaudit.probes.python.local_models import GENERATORS, LOADERS
from aiaudit.probes.python.match import check_pattern, checker, expand_groups

BEDROCK_EMBEDDING: Final = (
    "invoke_model_embedding"  # ours: one method asks models of all kinds, their ids tell them apart
)

_LLM_EMBEDDING: Final = (
    *each(each(["openai"], _OPENAI_CLASSES), ["embeddings.create"]),
    "openai.embeddings.create",
    "openai.Embedding.create",
    "litellm.embedding",
    "litellm.aembedding",
    *(f"{client}.{BEDROCK_EMBEDDING}" for client in ("boto3.client", "boto3.Session.client")),
    "cohere.Client.embed",
    "cohere.ClientV2.embed",
    "voyageai.Client.embed",
    *each(MISTRAL, ["embeddings.create"]),
    "google.generativeai.embed_content",
    "google.genai.Client.models.embed_content",
    "ollama.embeddings",
    "ollama.embed",
    "langchain*.OpenAIEmbeddings",
    "langchain*.AzureOpenAIEmbeddings",
    "langchain*.CohereEmbeddings",
    "langchain*.VoyageAIEmbeddings",
    "langchain*.GoogleGenerativeAIEmbeddings",
    "langchain*.BedrockEmbeddings",
    "langchain*.OllamaEmbeddings",
    "llama_index.embeddings.*.OpenAIEmbedding",
    "llama_index.embeddings.OpenAIEmbedding",
    *each(
        ["haystack*"],
        (
            f"{vendor}{kind}"
            for vendor in (
                "OpenAI",
                "AzureOpenAI",
                "Cohere",
                "Mistral",
                "AmazonBedrock",
                "HuggingFaceAPI",
                "Jina",
                "Voyage",
            )
            for kind in ("TextEmbedder", "DocumentEmbedder")
        ),
    ),
)

_MODEL_WRAPPERS: Final = (  # objects of a framework that fetch the model they are given the name of, and hold it
    *each(
        ["langchain*"],
        (
            "HuggingFaceEmbeddings",
            "HuggingFaceInstructEmbeddings",
            "HuggingFaceBgeEmbeddings",
            "HuggingFaceCrossEncoder",
            "SentenceTransformerEmbeddings",
        ),
    ),
    *each(["llama_index*"], ("HuggingFaceEmbedding", "HuggingFaceLLM", "SentenceTransformerRerank")),
    *each(
        ["haystack*"],
        (
            "SentenceTransformersTextEmbedder",
            "SentenceTransformersDocumentEmbedder",
            "SentenceTransformersDiversityRanker",
            "SentenceTransformersSimilarityRanker",
            "TransformersSimilarityRanker",
        ),
    ),
    "sentence_transformers.CrossEncoder",
    "sentence_transformers.*.CrossEncoder",
    "sentence_transformers.SparseEncoder",
    "chromadb.*.SentenceTransformerEmbeddingFunction",
    "FlagEmbedding.FlagModel",
    "FlagEmbedding.BGEM3FlagModel",
    "FlagEmbedding.FlagReranker",
    "InstructorEmbedding.INSTRUCTOR",
    "keybert.KeyBERT",
)
MODEL_WRAPPER_NAMES: Final = frozenset(one.rpartition(".")[2] for one in _MODEL_WRAPPERS)

_RETRIEVERS: Final = tuple(  # components of Haystack that search a store
    f"haystack*.{store}Retriever"
    for store in (
        "AstraEmbedding",
        "AzureAISearchEmbedding",
        "AzureAISearchHybrid",
        "ChromaEmbedding",
        "ChromaQueryText",
        "ElasticsearchBM25",
        "ElasticsearchEmbedding",
        "InMemoryBM25",
        "InMemoryEmbedding",
        "MilvusEmbedding",
        "MongoDBAtlasEmbedding",
        "OpenSearchBM25",
        "OpenSearchEmbedding",
        "OpenSearchHybrid",
        "PgvectorEmbedding",
        "PgvectorKeyword",
        "PineconeEmbedding",
        "QdrantEmbedding",
        "QdrantHybrid",
        "QdrantSparseEmbedding",
        "WeaviateBM25",
        "WeaviateEmbedding",
        "WeaviateHybrid",
    )
)

_HTTP_METHODS: Final = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_HTTP: Final = (
    *each(["requests", "requests.Session", "requests.sessions.Session", "requests.session"], _HTTP_METHODS),
    *each(["httpx", "httpx.Client", "httpx.AsyncClient"], (*_HTTP_METHODS, "stream")),
    *each(["aiohttp.ClientSession"], (*_HTTP_METHODS, "ws_connect")),
    "aiohttp.request",
    "urllib.request.urlopen",
    "urllib.request.urlretrieve",
    "urllib.request.build_opener.open",
    "urllib3.PoolManager.request",
    "urllib3.request",
    "http.client.HTTPConnection.request",
    "http.client.HTTPSConnection.request",
)

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "llm.client": CLIENTS,
    "llm.wrapper": WRAPPERS,
    "llm.completion": (*DIRECT, *ASSISTANT_RUNS),
    "llm.answer": (  # those whose value is what the model wrote
        *DIRECT,
        *each(("*.beta.threads.messages",), ("list", "retrieve")),
    ),
    "llm.assistant_run": ASSISTANT_RUNS,
    "llm.run": INDIRECT,
    "llm.embedding": _LLM_EMBEDDING,
    "llm.local": LOADERS,
    "llm.generate": GENERATORS,
    "model.wrapper": _MODEL_WRAPPERS,
    "haystack.retriever": _RETRIEVERS,
    "http.request": _HTTP,
}


def expanded(names: Iterable[str]) -> list[str]:
    """The names, with `group:NAME` replaced by what is in the group. Raises ValueError for an unknown group."""
    return expand_groups(names, GROUPS)


Names = Annotated[list[str], AfterValidator(checker(GROUPS, check_pattern))]
"""Qualified names and groups of them, in a query."""
