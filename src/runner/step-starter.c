/*
 * Starts the commands of steps, one after the other, for less than a shell that is kept for it takes. Everything works
 * without it: see coprocess-spawn.ts, which speaks with it.
 *
 * in:  a request (requests.h) of folder, output, program, <count>, arguments (the first is its name), <count>, NAME=value to
 *      add, NAME to drop
 * out: <process number> <line end>          it runs
 *      <status> <space> <what is left> <line end>   it has ended; nothing is left of it, or `?`: that is not known
 *      ! <errno> <line end>                 instead of both: it could not be started
 *
 * The starter is the subreaper of what it starts: whatever a command has started, in whatever session, is a child of the
 * starter once its parents are gone. So when the starter has no children, nothing is left.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "requests.h"

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

/* Meanwhile those that were left behind are reaped when they end. */
static ssize_t read_some(char *to, size_t count) {
  struct pollfd input = {0, POLLIN, 0};
  if (ppoll(&input, 1, NULL, &own_mask) < 0) {
    if (errno == EINTR) {
      reap_left();
      errno = EINTR;
    }
    return -1;
  }
  return read(0, to, count);
}

struct command {
  char *folder, *output, *program, **arguments, **environment;
};

/* As many fields follow. */
static size_t next_count(struct request *request) {
  const char *text = next(request);
  size_t count = strtoul(text, NULL, 10);
  if (text[0] < '0' || text[0] > '9' || count > fields_left(request)) _exit(GIVES_UP);
  return count;
}

static int is_same_name(const char *a, const char *b) {
  size_t length = strcspn(a, "=");
  return strncmp(a, b, length) == 0 && (b[length] == '=' || b[length] == '\0');
}

static struct command parse(struct request *request) {
  struct command command;
  command.folder = next(request);
  command.output = next(request);
  command.program = next(request);
  size_t count = next_count(request);
  command.arguments = must(calloc(count + 1, sizeof(char *)));
  for (size_t i = 0; i < count; i++) command.arguments[i] = next(request);

  size_t inherited = 0, added = next_count(request);
  while (environ[inherited] != NULL) inherited++;
  char **environment = command.environment = must(calloc(added + inherited + 1, sizeof(char *)));
  for (size_t i = 0; i < added; i++) environment[i] = next(request);
  size_t used = added;
  for (size_t i = 0; i < inherited; i++) {
    int is_dropped = 0;
    for (size_t j = 0; j < added && !is_dropped; j++) is_dropped = is_same_name(environ[i], environment[j]);
    struct request names = *request;
    while (names.at < names.end && !is_dropped) is_dropped = is_same_name(environ[i], next(&names));
    if (!is_dropped) environment[used++] = environ[i];
  }
  return command;
}

/* The process, or what went wrong as a negative errno. */
static pid_t start(const struct command *command) {
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
  int output = open(command->output, O_WRONLY | O_CLOEXEC);
  if (input >= 0 && output >= 0 && chdir(command->folder) == 0) {
    dup2(input, 0);
    dup2(output, 1);
    dup2(output, 2);
    sigprocmask(SIG_SETMASK, &own_mask, NULL);
    execve(command->program, command->arguments, command->environment);
  }
  failed = errno;
  _exit(127);
}

static void run(const struct command *command) {
  char text[64];
  pid_t pid = start(command);
  if (pid < 0) {
    answer(text, (size_t)snprintf(text, sizeof text, "!%d\n", -pid));
    return;
  }
  int length = snprintf(text, sizeof text, "%d\n", pid), status = 0;
  struct timespec began, now;
  clock_gettime(CLOCK_MONOTONIC, &began);
  for (;;) {
    pid_t ended = waitpid(-1, &status, length > 0 ? WNOHANG : 0);
    if (ended == pid) break;
    /* Another process than this one cannot have waited for it. */
    if (ended < 0 && errno == ECHILD) _exit(GIVES_UP);
    if (ended != 0) continue;
    /* It waits in the mask since the child was started, so it cannot be missed. */
    sigtimedwait(&child_only, NULL, &short_time);
    clock_gettime(CLOCK_MONOTONIC, &now);
    long passed = (now.tv_sec - began.tv_sec) * 1000000000L + now.tv_nsec - began.tv_nsec;
    if (passed < short_time.tv_nsec) continue;
    answer(text, (size_t)length);
    length = 0;
  }
  int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  const char *left = reap_left() ? "" : "?";
  length += snprintf(text + length, sizeof text - (size_t)length, "%d %s\n", code, left);
  answer(text, (size_t)length);
}

int main(void) {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  sigemptyset(&child_only);
  sigaddset(&child_only, SIGCHLD);
  sigprocmask(SIG_BLOCK, &child_only, &own_mask);
  sigdelset(&own_mask, SIGCHLD);
  struct sigaction action = {.sa_handler = on_child};
  sigaction(SIGCHLD, &action, NULL);
  struct request request;
  while (read_request(&request, read_some)) {
    struct command command = parse(&request);
    run(&command);
    free(command.arguments);
    free(command.environment);
    free(request.text);
  }
  return 0;
}
