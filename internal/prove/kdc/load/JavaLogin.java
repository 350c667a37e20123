import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.security.auth.Subject;
import javax.security.auth.login.AppConfigurationEntry;
import javax.security.auth.login.Configuration;
import javax.security.auth.login.LoginContext;

/**
 * Logins by Java's Krb5LoginModule, set as Hadoop's UserGroupInformation sets it, as many at a time as there are slots.
 *
 * <p>JavaLogin LOGINS SLOTS SECONDS KEYTAB PRINCIPAL... prints the lines that mitlogin prints.
 */
public final class JavaLogin {
    private static final int PER_TASK = 10;

    public static void main(String[] args) throws Exception {
        int logins = Integer.parseInt(args[0]);
        int tasks = (logins + PER_TASK - 1) / PER_TASK;
        int slots = Math.min(Integer.parseInt(args[1]), tasks);
        long period = (long) (Double.parseDouble(args[2]) * 1e9 * slots / logins);
        long start = System.nanoTime();
        AtomicInteger next = new AtomicInteger();
        Thread[] threads = new Thread[slots];
        for (int slot = 0; slot < slots; slot++) {
            long first = start + period * slot / slots;
            threads[slot] = new Thread(() -> {
                long due = first;
                for (int task; (task = next.getAndIncrement()) < tasks; ) {
                    for (int i = 0; i < Math.min(PER_TASK, logins - task * PER_TASK); i++) {
                        while (System.nanoTime() < due) {
                            LockSupport.parkNanos(due - System.nanoTime());
                        }
                        login(args[3], args[4 + (task + i) % (args.length - 4)]);
                        due += period;
                    }
                }
            });
            threads[slot].start();
        }
        for (Thread thread : threads) {
            thread.join();
        }
    }

    private static void login(String keytab, String principal) {
        String result = "ok";
        long at = System.currentTimeMillis() * 1000;
        long begin = System.nanoTime();
        try {
            new LoginContext("proof", new Subject(), null, configuration(keytab, principal)).login();
        } catch (Exception e) {
            result = String.valueOf(e.getMessage()).replace('\n', ' ');
        }
        String line = at + " " + (System.nanoTime() - begin) / 1000 + " java " + result;
        synchronized (System.out) {
            System.out.println(line);
        }
    }

    private static Configuration configuration(String keytab, String principal) {
        Map<String, String> options = new HashMap<>();
        options.put("useKeyTab", "true");
        options.put("keyTab", keytab);
        options.put("principal", principal);
        options.put("storeKey", "true");
        options.put("doNotPrompt", "true");
        options.put("refreshKrb5Config", "true");
        AppConfigurationEntry entry = new AppConfigurationEntry("com.sun.security.auth.module.Krb5LoginModule",
                AppConfigurationEntry.LoginModuleControlFlag.REQUIRED, options);
        return new Configuration() {
            @Override
            public AppConfigurationEntry[] getAppConfigurationEntry(String name) {
                return new AppConfigurationEntry[] {entry};
            }
        };
    }
}
