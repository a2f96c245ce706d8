import discord
import requests

client = discord.Client(intents=discord.Intents.default())


@client.event
async def on_message(message):
    reply = requests.post("http://ollama:11434/api/generate", json={"prompt": message.content}, timeout=120)
    await message.channel.send(reply.json()["response"])
