import express from "express";
express().get("/health", (q, r) => r.send("ok"));
