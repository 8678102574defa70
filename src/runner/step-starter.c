/*
 * Starts the commands of steps, one after the other, for less than a shell that is kept for it takes. Everything works
 * without it: see coprocess-spawn.ts, which speaks with it.
 *
 * in:  <8 digits: bytes that follow> and fields that each end with a zero byte:
 *      folder, output, program, <count>, arguments (the first is its name), <count>, NAME=value to add, NAME to drop
 * out: <process number> <line end>          it runs
 *      <status> <space> <what is left> <line end>   it has ended; nothing is left of it, or `?`: that is not known
 *      ! <errno> <line end>                 instead of both: it could not be started
 *
 * The starter is the subreaper of what it starts: whatever a command has started, in whatever session, is a child of the
 * starter once its parents are gone. So when the starter has no children, nothing is left.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

/* What ends within this time is told in one answer: being woken costs the reader more than this does. */
static const struct timespec short_time = {0, 3000000};

static sigset_t child_only, own_mask;

static void on_child(int number) { (void)number; }

/* Those that were left behind and have ended since. Whether none is left. */
static int reap_left(void) {
  pid_t pid;
  while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {}
  return pid < 0 && errno == ECHILD;
}

/* False at the end of the input. */
static int read_all(char *to, size_t count) {
  while (count > 0) {
    struct pollfd input = {0, POLLIN, 0};
    if (ppoll(&input, 1, NULL, &own_mask) < 0) {
      if (errno != EINTR) return 0;
      reap_left();
      continue;
    }
    ssize_t got = read(0, to, count);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return 0;
    to += got;
    count -= (size_t)got;
  }
  return 1;
}

static void answer(const char *text, int length) {
  while (length > 0) {
    ssize_t written = write(1, text, (size_t)length);
    if (written < 0 && errno == EINTR) continue;
    /* Nobody is there any more. */
    if (written < 0) _exit(70);
    text += written;
    length -= (int)written;
  }
}

static void *must(void *memory) {
  if (memory == NULL) _exit(70);
  return memory;
}

struct request {
  char *folder, *output, *program, **arguments, **environment;
};

static char *next(char **at) {
  char *field = *at;
  *at += strlen(field) + 1;
  return field;
}

static int is_same_name(const char *a, const char *b) {
  size_t length = strcspn(a, "=");
  return strncmp(a, b, length) == 0 && (b[length] == '=' || b[length] == '\0');
}

static struct request parse(char *text, size_t size) {
  struct request request;
  char *at = text, *end = text + size;
  request.folder = next(&at);
  request.output = next(&at);
  request.program = next(&at);
  size_t count = strtoul(next(&at), NULL, 10);
  request.arguments = must(calloc(count + 1, sizeof(char *)));
  for (size_t i = 0; i < count; i++) request.arguments[i] = next(&at);

  size_t inherited = 0, added = strtoul(next(&at), NULL, 10);
  while (environ[inherited] != NULL) inherited++;
  char **environment = request.environment = must(calloc(added + inherited + 1, sizeof(char *)));
  for (size_t i = 0; i < added; i++) environment[i] = next(&at);
  size_t used = added;
  for (size_t i = 0; i < inherited; i++) {
    int is_dropped = 0;
    for (size_t j = 0; j < added && !is_dropped; j++) is_dropped = is_same_name(environ[i], environment[j]);
    for (char *name = at; name < end && !is_dropped; next(&name)) is_dropped = is_same_name(environ[i], name);
    if (!is_dropped) environment[used++] = environ[i];
  }
  return request;
}

/* The process, or what went wrong as a negative errno. */
static pid_t start(const struct request *request) {
  volatile int failed = 0;
  pid_t pid = vfork();
  if (pid < 0) return -errno;
  if (pid > 0) {
    if (!failed) return pid;
    waitpid(pid, NULL, 0);
    return -failed;
  }
  setpgid(0, 0);
  int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
  int output = open(request->output, O_WRONLY | O_CLOEXEC);
  if (input >= 0 && output >= 0 && chdir(request->folder) == 0) {
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    sigprocmask(SIG_SETMASK, &own_mask, NULL);
    execve(request->program, request->arguments, request->environment);
  }
  failed = errno;
  _exit(127);
}

static void run(const struct request *request) {
  char text[64];
  pid_t pid = start(request);
  if (pid < 0) {
    answer(text, snprintf(text, sizeof text, "!%d\n", -pid));
    return;
  }
  int length = snprintf(text, sizeof text, "%d\n", pid), status = 0;
  struct timespec began, now;
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (;;) {
    pid_t ended = waitpid(-1, &status, length > 0 ? WNOHANG : 0);
    if (ended == pid) break;
    if (ended != 0) continue;
    /* It waits in the mask since the child was started, so it cannot be missed. */
    sigtimedwait(&child_only, NULL, &short_time);
    clock_gettime(CLOCK_MONOTONIC, &now);
    long passed = (now.tv_sec - began.tv_sec) * 1000000000L + now.tv_nsec - began.tv_nsec;
    if (passed < short_time.tv_nsec) continue;
    answer(text, length);
    length = 0;
  }
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  const char *left = reap_left() ? "" : "?";
  answer(text, length + snprintf(text + length, sizeof text - (size_t)length, "%d %s\n", code, left));
}

int main(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigemptyset(&child_only);
  sigaddset(&child_only, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_only, &own_mask);
  sigdelset(&own_mask, SIGCHLD);
  struct sigaction action = {.sa_handler = on_child};
  sigaction(SIGCHLD, &action, NULL);
  char head[9] = {0};
  while (read_all(head, 8)) {
    size_t size = strtoul(head, NULL, 10);
    char *text = must(calloc(size + 1, 1));
    if (!read_all(text, size)) return 0;
    struct request request = parse(text, size);
    run(&request);
    free(request.arguments);
    free(request.environment);
    free(text);
  }
  return 0;
}
