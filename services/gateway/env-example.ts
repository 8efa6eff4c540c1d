import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { envExample } from "./settings";

writeFileSync(join(__dirname, ".env.example"), envExample());
