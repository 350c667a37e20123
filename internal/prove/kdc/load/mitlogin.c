/* Logins by MIT's client library, as many at a time as there are slots.
 *
 *   mitlogin LOGINS SLOTS SECONDS KINIT_SHARE KEYTAB PRINCIPAL...
 *
 * A task is ten logins, one after the other, in a process of its own. Of KINIT_SHARE
 * tasks one runs the kinit program for each login; the others call the library as kinit
 * does, with a fresh context, without the cost of a program's start. Each slot begins a
 * login when it is due, so that all of them take about SECONDS; a late one begins at once.
 * A line for each login: begin (microseconds since 1970), time taken (microseconds), kind, result.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <krb5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PER_TASK = 10, MAX_SLOTS = 1000 };

static long long clock_us(clockid_t clock)
{
	struct timespec t;
	clock_gettime(clock, &t);
	return t.tv_sec * 1000000LL + t.tv_nsec / 1000;
}

static void sleep_until(long long due)
{
	struct timespec t = { due / 1000000, due % 1000000 * 1000 };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static void by_library(const char *keytab, const char *name, char *result, size_t size)
{
	krb5_context context = NULL;
	krb5_principal principal = NULL;
	krb5_keytab table = NULL;
	krb5_creds creds = { 0 };
	krb5_error_code code = krb5_init_context(&context);

	snprintf(result, size, "ok");
	if (!code) code = krb5_parse_name(context, name, &principal);
	if (!code) code = krb5_kt_resolve(context, keytab, &table);
	if (!code) code = krb5_get_init_creds_keytab(context, &creds, principal, table, 0, NULL, NULL);
	if (code) {
		const char *message = krb5_get_error_message(context, code);
		snprintf(result, size, "%s", message);
		krb5_free_error_message(context, message);
	} else {
		krb5_free_cred_contents(context, &creds);
	}
	if (table) krb5_kt_close(context, table);
	if (principal) krb5_free_principal(context, principal);
	if (context) krb5_free_context(context);
}

static void by_kinit(const char *keytab, const char *name, char *result, size_t size)
{
	int pipes[2], status;
	if (pipe(pipes)) { perror("pipe"); exit(1); }
	pid_t pid = fork();
	if (pid == 0) {
		dup2(pipes[1], 1);
		dup2(pipes[1], 2);
		close(pipes[0]);
		execlp("kinit", "kinit", "-c", "MEMORY:", "-k", "-t", keytab, name, NULL);
		perror("kinit");
		_exit(127);
	}
	close(pipes[1]);
	ssize_t n = read(pipes[0], result, size - 1);
	result[n > 0 ? n : 0] = 0;
	close(pipes[0]);
	waitpid(pid, &status, 0);
	for (char *c = result; *c; c++) if (*c == '\n') *c = ' ';
	if (status == 0) snprintf(result, size, "ok");
	else if (!*result) snprintf(result, size, "kinit failed without a word");
}

static void task(int number, int logins, long long due, long long period, int kinit, const char *keytab, char **names, int count)
{
	for (int i = 0; i < logins; i++) {
		char result[300], line[400];
		sleep_until(due);
		long long at = clock_us(CLOCK_REALTIME), begin = clock_us(CLOCK_MONOTONIC);
		(kinit ? by_kinit : by_library)(keytab, names[(number + i) % count], result, sizeof result);
		long long took = clock_us(CLOCK_MONOTONIC) - begin;
		int n = snprintf(line, sizeof line, "%lld %lld %s %s\n", at, took, kinit ? "kinit" : "library", result);
		if (write(1, line, n) != n) exit(1); /* below PIPE_BUF: never mixed with another's */
		due += period;
	}
}

int main(int argc, char **argv)
{
	if (argc < 7) { fprintf(stderr, "mitlogin: LOGINS SLOTS SECONDS KINIT_SHARE KEYTAB PRINCIPAL...\n"); return 2; }
	int logins = atoi(argv[1]), slots = atoi(argv[2]), share = atoi(argv[4]), tasks = (logins + PER_TASK - 1) / PER_TASK;
	double seconds = atof(argv[3]);
	if (slots > tasks) slots = tasks;
	if (slots < 1 || slots > MAX_SLOTS) { fprintf(stderr, "mitlogin: 1 to %d slots\n", MAX_SLOTS); return 2; }
	long long period = seconds * 1e6 * slots / logins, start = clock_us(CLOCK_MONOTONIC);
	pid_t runs[MAX_SLOTS];
	long long due[MAX_SLOTS]; /* when the slot's next task begins */
	int running = 0;
	for (int i = 0; i < slots; i++) { runs[i] = 0; due[i] = start + period * i / slots; }
	for (int next = 0; next < tasks || running > 0;) {
		for (int i = 0; i < slots && next < tasks; i++) {
			if (runs[i]) continue;
			int left = logins - next * PER_TASK;
			runs[i] = fork();
			if (runs[i] < 0) { perror("fork"); return 1; }
			if (runs[i] == 0) {
				task(next, left < PER_TASK ? left : PER_TASK, due[i], period, share > 0 && next % share == 0, argv[5], argv + 6, argc - 6);
				_exit(0);
			}
			due[i] += period * PER_TASK;
			next++, running++;
		}
		int status;
		pid_t ended = wait(&status);
		if (status) return 1;
		for (int i = 0; i < slots; i++) if (runs[i] == ended) runs[i] = 0, running--;
	}
	return 0;
}
