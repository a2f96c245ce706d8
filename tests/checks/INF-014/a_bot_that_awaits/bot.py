import httpx
from telegram import Update
from telegram.ext import ApplicationBuilder, ContextTypes, MessageHandler, filters


async def answer(update: Update, context: ContextTypes.DEFAULT_TYPE):
    async with httpx.AsyncClient(timeout=60) as client:
        reply = await client.post("http://ollama:11434/api/generate", json={"prompt": update.message.text})
    await update.message.reply_text(reply.json()["response"])


application = ApplicationBuilder().token("…").build()
application.add_handler(MessageHandler(filters.TEXT, answer))
