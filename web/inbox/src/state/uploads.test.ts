import { describe, expect, it, vi } from "vitest";
import { ApiError } from "@/api/client";
import type { AttachmentRef } from "@/api/types";
import { TooBig, Uploads } from "@/state/uploads";

const file = (name: string, size = 3) => new File(["x".repeat(size)], name);
const stored = ({ name, size }: File) => ({ id: `of ${name}`, name, size_bytes: size }) as AttachmentRef;

describe("files on their way", () => {
  it("stay with their conversation", async () => {
    const uploads = new Uploads(async (one) => stored(one));
    uploads.add("c", [file("a.txt")], undefined);
    await vi.waitFor(() => expect(uploads.of("c")[0]?.attachment?.id).toBe("of a.txt"));
    expect(uploads.of("d")).toEqual([]);
  });

  it("are at most ten, and whoever adds more is told how many were left", () => {
    const uploads = new Uploads(() => new Promise(() => {}));
    const files = Array.from({ length: 30 }, (_, index) => file(`${index}.txt`));
    expect(uploads.add("c", files, undefined)).toBe(20);
    expect(uploads.add("c", files, undefined)).toBe(30);
    expect(uploads.of("c")).toHaveLength(10);
  });

  it("can be tried again when nobody answered, and not when they are too large", async () => {
    const attach = vi
      .fn()
      .mockRejectedValueOnce(new ApiError(0, "network", "Not reached."))
      .mockImplementation(stored);
    const uploads = new Uploads(async (one) => attach(one));
    uploads.add("c", [file("a.txt"), file("b.txt", 100)], 50);
    await vi.waitFor(() => expect(uploads.of("c")[0]?.error).toBeInstanceOf(ApiError));
    const [small, large] = uploads.of("c");
    expect([large?.error instanceof TooBig, large?.file]).toEqual([true, null]);
    uploads.retry("c", small?.key ?? "");
    await vi.waitFor(() => expect(uploads.of("c")[0]).toMatchObject({ error: null, attachment: { id: "of a.txt" } }));
  });
});
