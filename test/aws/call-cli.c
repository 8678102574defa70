/* Stands for the program `aws`: has the call made by `kept-cli.py`, which says how one is written, at the SOCKET it is built with. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char **environ;

static char *text;
static size_t length, room;

static void add(const char *part) {
  size_t more = strlen(part) + 1;
  if (length + more > room && !(text = realloc(text, room = 2 * (length + more)))) exit(255);
  memcpy(text + length, part, more);
  length += more;
}

int main(int count, char **arguments) {
  struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = SOCKET};
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (connect(server, (struct sockaddr *)&address, sizeof address) != 0) {
    perror("the kept AWS CLI is gone");
    return 255;
  }

  char folder[4096], number[16];
  snprintf(number, sizeof number, "%d", count - 1);
  add(getcwd(folder, sizeof folder) ? folder : "/");
  add(number);
  for (int at = 1; at < count; at++) add(arguments[at]);
  for (char **variable = environ; *variable; variable++) add(*variable);

  uint32_t head = length;
  union {
    struct cmsghdr aligned;
    char bytes[CMSG_SPACE(3 * sizeof(int))];
  } control = {0};
  struct iovec part = {&head, sizeof head};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof control.bytes};
  struct cmsghdr *streams = CMSG_FIRSTHDR(&message);
  streams->cmsg_level = SOL_SOCKET;
  streams->cmsg_type = SCM_RIGHTS;
  streams->cmsg_len = CMSG_LEN(3 * sizeof(int));
  memcpy(CMSG_DATA(streams), (int[]){0, 1, 2}, 3 * sizeof(int));
  if (sendmsg(server, &message, 0) != sizeof head) return 255;
  for (size_t sent = 0; sent < length;) {
    ssize_t now = write(server, text + sent, length - sent);
    if (now <= 0) return 255;
    sent += now;
  }
  unsigned char code;
  return read(server, &code, 1) == 1 ? code : 255;
}
