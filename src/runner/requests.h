/*
 * What step-starter.c and tree-looker.c are asked: <8 digits: bytes that follow> and fields that each end with a zero byte.
 * Whatever is not of this form ends the program: Baton then does its work without it, and a request that was taken for another
 * would be worse.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The status after which nothing is known of what the program did last. */
#define GIVES_UP 70

static void *must(void *memory) {
  if (memory == NULL) _exit(GIVES_UP);
  return memory;
}

/* Waits for `count` bytes. False at the end of the input. */
static int read_all(char *to, size_t count, ssize_t (*read_some)(char *, size_t)) {
  while (count > 0) {
    ssize_t got = read_some(to, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    to += got;
    count -= (size_t)got;
  }
  return 1;
}

/* `at` goes on from field to field. */
struct request {
  char *text, *at, *end;
};

/* The caller frees `text`. False at the end of the input. */
static int read_request(struct request *request, ssize_t (*read_some)(char *, size_t)) {
  char head[9] = {0};
  if (!read_all(head, 8, read_some)) return 0;
  if (strspn(head, "0123456789") != 8) _exit(GIVES_UP);
  size_t size = strtoul(head, NULL, 10);
  request->text = request->at = must(malloc(size + 1));
  request->end = request->text + size;
  if (!read_all(request->text, size, read_some)) {
    free(request->text);
    return 0;
  }
  if (size == 0 || request->end[-1] != '\0') _exit(GIVES_UP);
  return 1;
}

static char *next(struct request *request) {
  char *field = request->at;
  if (field >= request->end) _exit(GIVES_UP);
  request->at += strlen(field) + 1;
  return field;
}

/* How many fields are left. */
static size_t fields_left(const struct request *request) {
  size_t count = 0;
  for (const char *at = request->at; at < request->end; at += strlen(at) + 1) count++;
  return count;
}

static void answer(const char *text, size_t length) {
  while (length > 0) {
    ssize_t written = write(1, text, length);
    if (written < 0 && errno == EINTR) continue;
    /* Nobody is there any more. */
    if (written < 0) _exit(GIVES_UP);
    text += written;
    length -= (size_t)written;
  }
}
