/*
 * capture FILE PORT…: writes the TCP packets from and to these ports on the loopback interface to FILE, in pcap's
 * format with nanoseconds (Wireshark reads it), until SIGTERM or SIGINT. Prints `ready` once it captures. Fails when
 * the kernel had to drop packets. Linux, IPv4, CAP_NET_RAW.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PORTS = 16, LARGEST = 1 << 18, BUFFER = 64 << 20 };

static volatile sig_atomic_t ended;
static void end(int number) {
  (void)number;
  ended = 1;
}

static void fail(const char *what) {
  fprintf(stderr, "%s: %s\n", what, strerror(errno));
  exit(1);
}

/* Other people's packets are not even copied; on loopback each packet comes twice, as sent and as received. */
static void attach_filter(int fd, const uint16_t *ports, int count) {
  struct sock_filter code[16 + 2 * MOST_PORTS];
  int n = 0, checks = 2 * count;
  code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_PKTTYPE));
  code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, PACKET_OUTGOING, (uint8_t)(checks + 5), 0);
  code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 9); /* protocol */
  code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, (uint8_t)(checks + 3));
  code[n++] = (struct sock_filter)BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0); /* length of the IP header */
  for (int side = 0; side < 2; side++) {
    code[n++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_H | BPF_IND, (uint32_t)(2 * side));
    for (int i = 0; i < count; i++) {
      int left = (1 - side) * (count + 1) + count - 1 - i; /* instructions between this one and the refusal */
      code[n++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ports[i], (uint8_t)(left + 1), 0);
    }
  }
  code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, 0);
  code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, LARGEST);
  struct sock_fprog program = {.len = (unsigned short)n, .filter = code};
  if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program)) fail("SO_ATTACH_FILTER");
}

static void put32(FILE *out, uint32_t value) {
  if (fwrite(&value, 4, 1, out) != 1) fail("write");
}

int main(int argc, char **argv) {
  if (argc < 3 || argc - 2 > MOST_PORTS) {
    fprintf(stderr, "usage: capture FILE PORT...\n");
    return 2;
  }
  uint16_t ports[MOST_PORTS];
  for (int i = 2; i < argc; i++) ports[i - 2] = (uint16_t)atoi(argv[i]);

  struct sigaction action = {.sa_handler = end}; /* without SA_RESTART: it ends recvmsg */
  sigaction(SIGTERM, &action, NULL);
  sigaction(SIGINT, &action, NULL);

  /* Protocol 0: nothing comes before the filter is in place and the interface chosen. */
  int fd = socket(AF_PACKET, SOCK_DGRAM, 0);
  if (fd < 0) fail("socket");
  attach_filter(fd, ports, argc - 2);
  int size = BUFFER, on = 1;
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size))
    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
  if (setsockopt(fd, SOL_SOCKET, SO_TIMESTAMPNS, &on, sizeof on)) fail("SO_TIMESTAMPNS");
  struct timeval patience = {.tv_usec = 100000};
  if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience)) fail("SO_RCVTIMEO");
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex("lo")};
  if (bind(fd, (struct sockaddr *)&address, sizeof address)) fail("bind to lo");

  FILE *out = fopen(argv[1], "wb");
  if (!out) fail(argv[1]);
  put32(out, 0xa1b23c4d); /* pcap, nanoseconds */
  put32(out, 2 | 4 << 16); /* version 2.4 */
  put32(out, 0);
  put32(out, 0);
  put32(out, LARGEST);
  put32(out, 101); /* LINKTYPE_RAW: begins with the IP header */
  printf("ready\n");
  fflush(stdout);

  static char packet[LARGEST];
  char control[256];
  while (1) {
    struct iovec part = {.iov_base = packet, .iov_len = sizeof packet};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control};
    ssize_t length = recvmsg(fd, &message, 0);
    if (length < 0) {
      if (errno != EAGAIN && errno != EINTR) fail("recvmsg");
      if (ended) break; /* the queue is empty */
      continue;
    }
    struct timespec at = {0};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(&message); c; c = CMSG_NXTHDR(&message, c))
      if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SO_TIMESTAMPNS) memcpy(&at, CMSG_DATA(c), sizeof at);
    put32(out, (uint32_t)at.tv_sec);
    put32(out, (uint32_t)at.tv_nsec);
    put32(out, (uint32_t)length);
    put32(out, (uint32_t)length);
    if (fwrite(packet, (size_t)length, 1, out) != 1) fail("write");
  }
  struct tpacket_stats seen = {0};
  socklen_t n = sizeof seen;
  if (getsockopt(fd, SOL_PACKET, PACKET_STATISTICS, &seen, &n)) fail("PACKET_STATISTICS");
  if (fclose(out)) fail("close");
  printf("%u packets, %u dropped\n", seen.tp_packets, seen.tp_drops);
  return seen.tp_drops ? 1 : 0;
}
