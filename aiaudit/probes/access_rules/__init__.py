"""What a hosted database lets callers do that reach it without a server of the project's own between them: the row
policies of PostgreSQL as Supabase serves them, and the rules of Firebase. Where they let everybody in, the published
key of the application is all that anybody needs."""
