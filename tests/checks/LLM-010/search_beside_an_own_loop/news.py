"""What is new, looked up by the provider's own search."""

import anthropic

client = anthropic.Anthropic()


def news(topic: str) -> str:
    answer = client.messages.create(
        model="claude-sonnet-4-6",
        max_tokens=400,
        tools=[{"type": "web_search_20250305", "name": "web_search", "max_uses": 3}],
        messages=[{"role": "user", "content": topic}],
    )
    return answer.content[-1].text
