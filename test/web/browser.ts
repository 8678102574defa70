import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { type Browser, chromium, type Page } from "playwright-core";
import { programAt } from "../lane/programs.ts";

/** Debian's Chromium, without a window. */
export async function openBrowser(): Promise<Browser> {
  return await chromium.launch({ executablePath: programAt("chromium")!, args: ["--disable-gpu"] });
}

export interface Look {
  width?: number;
  height?: number;
  theme?: "light" | "dark";
}

/**
 * A person of his own: nothing is shared with other pages. Whatever the page complains of, or asks another host for, is
 * in `complaints`.
 */
export async function openPage(browser: Browser, url: string, look: Look = {}) {
  const { width = 1024, height = 800, theme = "light" } = look;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme: theme,
    reducedMotion: "reduce",
  });
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    if (message.type() === "error" && !/ERR_CONNECTION|ERR_INCOMPLETE|Failed to load/.test(message.text())) {
      complaints.push(message.text());
    }
  });
  page.on("request", (request) => {
    if (!request.url().startsWith(new URL(url).origin)) complaints.push(`asked ${request.url()}`);
  });
  await page.goto(url);
  return { page, complaints };
}

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What of WCAG 2.2 AA, and of axe's own good practice, the page breaks. */
export async function violations(page: Page): Promise<string[]> {
  // Through the debugger, as the page's own policy forbids foreign programs.
  await page.evaluate(axe);
  return await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: { run(): Promise<{ violations: Violation[] }> } };
    interface Violation {
      id: string;
      nodes: { html: string; failureSummary: string }[];
    }
    const found = await axe.run();
    return found.violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html, failureSummary }) => `${html} ${failureSummary}`).join("\n")}`,
    );
  });
}
