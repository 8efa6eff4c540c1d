import { describe, expect, test } from "vitest";
import { readSettings } from "../../../../services/afirgen/backend/settings";
import { secretVariables, variableNames } from "../../../../services/afirgen/backend/settings-variables";
import { metricNames, metrics } from "../../../../services/afirgen/metrics";
import { SettingsError } from "../../../../services/lib/settings";

const needed = {
  DB_HOST: "db",
  DB_USER: "afirgen",
  DB_PASSWORD: "secret-of-the-database",
  MODEL_BASE_URL: "http://gguf-server:8080/v1/",
  ASR_OCR_BASE_URL: "http://asr-ocr-server:8001/v1",
};

const mistakes = (given: Record<string, string>) => {
  try {
    readSettings(given);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return "";
};

describe("settings of the backend", () => {
  test("have the design's defaults", () => {
    expect(readSettings(needed)).toMatchObject({
      ENVIRONMENT: "free-tier",
      MAX_WORKERS: 1,
      DB_POOL_SIZE: 5,
      DB_CLEANUP_ABOVE_GB: 18,
      MEMORY_QUEUE_ABOVE_PERCENT: 85,
      MEMORY_RESUME_BELOW_PERCENT: 80,
      QUEUE_LENGTH: 10,
      LOG_SUCCESS_SAMPLE: 10,
      LOG_LEVEL: "info",
      MODEL_BASE_URL: "http://gguf-server:8080/v1",
    });
  });

  test("are refused with every mistake at once, and without any value", () => {
    const message = mistakes({
      ...needed,
      DB_USER: "",
      DB_POOL_SIZE: "6",
      MAX_WORKERS: "2",
      LOG_LEVEL: "debug",
      MODEL_BASE_URL: "ftp://secret-host/",
      OPERATOR_KEY: "short-key",
      MEMORY_RESUME_BELOW_PERCENT: "90",
    });
    const named = message.split("\n").flatMap((line) => /^ {2}([A-Z_]+): /.exec(line)?.[1] ?? []);
    expect(named.sort()).toEqual([
      "DB_POOL_SIZE",
      "DB_USER",
      "LOG_LEVEL",
      "MAX_WORKERS",
      "MEMORY_RESUME_BELOW_PERCENT",
      "MODEL_BASE_URL",
      "OPERATOR_KEY",
    ]);
    for (const value of ["secret-host", "short-key", needed.DB_PASSWORD]) expect(message).not.toContain(value);
  });

  test("the pool may have 1 to 5 connections, [afirgen P8] no setting makes it larger", () => {
    for (const size of ["0", "6", "50", "5.5", "-1", "five"])
      expect(mistakes({ ...needed, DB_POOL_SIZE: size })).toContain("DB_POOL_SIZE");
    expect(readSettings({ ...needed, DB_POOL_SIZE: "1" }).DB_POOL_SIZE).toBe(1);
  });

  test("secrets are variables", () => {
    expect(variableNames).toEqual(expect.arrayContaining([...secretVariables]));
  });
});

test("the custom metrics are the ten of the design, and no more", () => {
  expect([...metricNames].sort()).toEqual([
    "API/ErrorRate",
    "API/ResponseTime",
    "Database/ConnectionCount",
    "Database/QueryTime",
    "FIR/GenerationCount",
    "FIR/GenerationTime",
    "Model/InferenceTime",
    "Storage/DiskUsage",
    "System/CPUUtilization",
    "System/MemoryUtilization",
  ]);
  expect(Object.values(metrics).filter(({ publisher }) => publisher === "agent")).toHaveLength(3);
});
