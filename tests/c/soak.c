/* A C host that goes on for a while: all kinds of operations, many at once, against a simulated
 * appliance on which something goes wrong now and then.
 *
 *     soak CONFIG SECONDS SEED
 *
 * It keeps in mind what it was told of each object: there, not there, or in doubt. What it was told
 * for sure must be so at every later look and in the end. When the time is over it says "settle",
 * waits for a line (whoever runs it takes the faults away meanwhile), compares, deletes all it made,
 * and prints figures. There must be no more descriptors, threads and objects than at the beginning.
 *
 * `.ci/soak` runs it, makes the faults, and looks for journals and objects that are left. */

#include "test.h"

#include <dirent.h>

/* The longest time after which the faults of .ci/soak carry a request out. */
enum { LATE_MS = 2000 };

enum { SLOTS = 12, OPERATIONS = 40, STATUSES = 400, NAME = 64 };

/* What is known of an object. */
typedef enum { NO, YES, DOUBT } fact_t;

/* What a slot may have: volumes that stand for themselves, and their snapshots. */
enum { BASE, CLONE, COPY, IMAGE, MEMBER, UNMANAGED, SNAPSHOT, GROUP_SNAPSHOT, OBJECTS };
static const char *const objects[OBJECTS] = {"base", "clone", "copy", "image", "member",
                                             "unmanaged", "snapshot", "group-snapshot"};

typedef enum { LOOK, MAKE, REMOVE, MOVE } effect_t;

typedef struct {
    fact_t facts[OBJECTS];
    char names[OBJECTS][NAME];
    char id[NAME];
    /* The operation under way. */
    zfssa_ticket_t ticket;
    effect_t effect;
    int object;
    int to;
} slot_t;

static slot_t slots[SLOTS];
static zfssa_driver_t *driver;
static zfssa_queue_t *queue;
static const char *config_path;
static uint64_t random_state;
static int running;
static uint64_t done, failed, by_outcome[6], restarts, transfers;
static uint64_t in_doubt, settled_yes, settled_no;

static const char *const HOSTS[] = {"iqn.2004-10.org.example:host-a",
                                    "iqn.2004-10.org.example:host-b"};

/* The generator "splitmix64": the same seed gives the same choices. */
static uint64_t random_below(uint64_t most)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return (z ^ (z >> 31)) % most;
}

static int count_of(const char *directory)
{
    DIR *entries = opendir(directory);
    CHECK(entries != NULL);
    int count = 0;
    while (readdir(entries) != NULL)
        count++;
    closedir(entries);
    return count;
}

static zfssa_result_t *wait_for(zfssa_ticket_t ticket)
{
    zfssa_result_t *result = NULL;
    OK(zfssa_ticket_wait(ticket, 600000, &result, &err));
    return result;
}

/* Submits an operation with these members of its structure; `call` may be NULL. */
#define SUBMIT(ticket, call, name, ...)                                                     \
    do {                                                                                    \
        const zfssa_##name##_args_t args_ = {.size = sizeof args_, __VA_ARGS__};            \
        OK(zfssa_##name(driver, &args_, call, ticket, &err));                               \
    } while (0)

/* The same, and waits: no faults are on by then, so it must end so. */
#define DO(status, name, ...)                                                               \
    do {                                                                                    \
        zfssa_ticket_t ticket_ = 0;                                                         \
        SUBMIT(&ticket_, NULL, name, __VA_ARGS__);                                          \
        zfssa_result_t *result_ = wait_for(ticket_);                                        \
        if (zfssa_result_status(result_) != (status)) {                                     \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, zfssa_result_json(result_, NULL)); \
            exit(1);                                                                        \
        }                                                                                   \
        zfssa_result_free(result_);                                                         \
    } while (0)

/* Makes the driver and sets it up, as often as the faults demand. */
static void begin(void)
{
    zfssa_config_t *config = NULL;
    OK(zfssa_config_new(&config, &err));
    OK(zfssa_config_load_toml(config, config_path, NULL, &err));
    OK(zfssa_driver_new(config, &driver, &err));
    zfssa_config_free(config);
    for (int round = 0;; round++) {
        zfssa_ticket_t ticket = 0;
        SUBMIT(&ticket, NULL, do_setup, .flags = 0);
        zfssa_result_t *result = wait_for(ticket);
        const zfssa_status_t status = zfssa_result_status(result);
        if (status != ZFSSA_OK && round >= 20)
            fprintf(stderr, "set-up: %s\n", zfssa_result_json(result, NULL));
        zfssa_result_free(result);
        if (status == ZFSSA_OK)
            return;
        CHECK(round < 20);
    }
}

static void end(void)
{
    OK(zfssa_driver_close(driver, ZFSSA_CLOSE_DRAIN, 600000, &err));
    zfssa_driver_free(driver);
}

static void name_all(int at)
{
    static unsigned generation;
    slot_t *slot = &slots[at];
    generation++;
    for (int object = 0; object < OBJECTS; object++)
        snprintf(slot->names[object], NAME, "%s-%d-%u", objects[object], at, generation);
    snprintf(slot->id, NAME, "id-%d-%u", at, generation);
}

/* Remembers what the operation under way is to do. */
static void plan(slot_t *slot, effect_t effect, int object)
{
    slot->effect = effect;
    slot->object = object;
}

static void move(slot_t *slot, int from, int to)
{
    plan(slot, MOVE, from);
    slot->to = to;
}

/* Begins one operation of a slot, whatever the state of its objects: many are refused. */
static void start(int at)
{
    slot_t *slot = &slots[at];
    const char *const *n = (const char *const[OBJECTS]){
        slot->names[0], slot->names[1], slot->names[2], slot->names[3],
        slot->names[4], slot->names[5], slot->names[6], slot->names[7]};
    const int volume = (int)random_below(UNMANAGED);
    const char *host = HOSTS[random_below(2)];
    char image[NAME], unmanaged[NAME];
    snprintf(image, sizeof image, "image-%d", at % 3);
    snprintf(unmanaged, sizeof unmanaged, "unmanaged-%s", n[BASE]);
    zfssa_call_t call = {.size = sizeof call, .queue = queue, .user_data = (uint64_t)at};
    /* Now and then the time is short. */
    call.timeout_ms = random_below(20) == 0 ? 1 + (int64_t)random_below(400) : 60000;
    if (random_below(8) == 0)
        call.flags = ZFSSA_CALL_PROGRESS;
    zfssa_ticket_t *ticket = &slot->ticket;
    const zfssa_pair_t specs[] = {{"zfssa:compression", random_below(2) ? "gzip" : "off"}};
    const zfssa_known_volume_t known = {"id", n[BASE]};
    const zfssa_group_member_t members = {n[BASE], n[GROUP_SNAPSHOT]};
    const zfssa_group_clone_t group_clone = {.name = n[MEMBER], .source_volume = n[BASE],
                                             .snapshot = n[GROUP_SNAPSHOT], .size_gib = 2};
    const char *const names[] = {n[BASE]};

    plan(slot, LOOK, -1);
    switch (random_below(OPERATIONS)) {
    case 0: case 1: case 2: case 3:
        plan(slot, MAKE, BASE);
        SUBMIT(ticket, &call, create_volume, .name = n[BASE], .size_gib = 2);
        break;
    case 4: case 5: case 6: case 7:
        plan(slot, REMOVE, volume);
        SUBMIT(ticket, &call, delete_volume, .name = n[volume]);
        break;
    case 8:
        SUBMIT(ticket, &call, extend_volume, .name = n[BASE], .size_gib = 2 + random_below(3));
        break;
    case 9: case 10:
        plan(slot, LOOK, volume);
        SUBMIT(ticket, &call, get_volume, .name = n[volume]);
        break;
    case 11:
        SUBMIT(ticket, &call, list_volumes, .prefix = "base-");
        break;
    case 12: case 13:
        plan(slot, MAKE, SNAPSHOT);
        SUBMIT(ticket, &call, create_snapshot, .volume = n[BASE], .name = n[SNAPSHOT]);
        break;
    case 14: case 15:
        plan(slot, REMOVE, SNAPSHOT);
        SUBMIT(ticket, &call, delete_snapshot, .volume = n[BASE], .name = n[SNAPSHOT]);
        break;
    case 16:
        SUBMIT(ticket, &call, list_snapshots, .volume = n[BASE]);
        break;
    case 17: case 18:
        plan(slot, MAKE, CLONE);
        SUBMIT(ticket, &call, create_volume_from_snapshot, .name = n[CLONE], .size_gib = 3,
               .source_volume = n[BASE], .snapshot = n[SNAPSHOT]);
        break;
    case 19: case 20:
        plan(slot, MAKE, COPY);
        SUBMIT(ticket, &call, create_cloned_volume, .name = n[COPY], .id = slot->id, .size_gib = 2,
               .source_volume = n[BASE]);
        break;
    case 21: case 22:
        plan(slot, MAKE, IMAGE);
        SUBMIT(ticket, &call, clone_image, .name = n[IMAGE], .size_gib = 1, .image_id = image,
               .image_updated_at = "2026-01-01", .image_virtual_size = 1 << 20,
               .initiator = HOSTS[0]);
        break;
    case 23: case 24: case 25:
        SUBMIT(ticket, &call, initialize_connection, .volume = n[volume], .initiator = host);
        break;
    case 26: case 27: case 28:
        SUBMIT(ticket, &call, terminate_connection, .volume = n[volume], .initiator = host);
        break;
    case 29:
        SUBMIT(ticket, &call, get_volume_stats, .flags = 0);
        break;
    case 30:
        SUBMIT(ticket, &call, get_manageable_volumes, .cinder_volumes = &known,
               .cinder_volumes_count = 1);
        break;
    case 31:
        SUBMIT(ticket, &call, get_manageable_snapshots, .limit = 3);
        break;
    case 32:
        move(slot, BASE, UNMANAGED);
        SUBMIT(ticket, &call, unmanage, .name = n[BASE]);
        break;
    case 33:
        move(slot, UNMANAGED, BASE);
        SUBMIT(ticket, &call, manage_existing, .name = n[BASE], .source_name = unmanaged);
        break;
    case 34:
        SUBMIT(ticket, &call, retype, .name = n[volume], .extra_specs = specs,
               .extra_specs_count = 1);
        break;
    case 35:
        SUBMIT(ticket, &call, revert_to_snapshot, .volume = n[BASE], .snapshot = n[SNAPSHOT],
               .size_gib = 2);
        break;
    case 36:
        plan(slot, MAKE, GROUP_SNAPSHOT);
        SUBMIT(ticket, &call, create_group_snapshot, .id = slot->id, .members = &members,
               .members_count = 1);
        break;
    case 37:
        plan(slot, REMOVE, GROUP_SNAPSHOT);
        SUBMIT(ticket, &call, delete_group_snapshot, .id = slot->id, .members = &members,
               .members_count = 1);
        break;
    case 38:
        plan(slot, MAKE, MEMBER);
        SUBMIT(ticket, &call, create_group_from_src, .id = slot->id, .volumes = &group_clone,
               .volumes_count = 1);
        break;
    default:
        switch (random_below(6)) {
        case 0: SUBMIT(ticket, &call, check_for_setup_error, .flags = 0); break;
        case 1: SUBMIT(ticket, &call, get_certificate, .flags = 0); break;
        case 2: SUBMIT(ticket, &call, recover, .flags = 0); break;
        case 3: SUBMIT(ticket, &call, audit, .volumes = names, .volumes_count = 1); break;
        case 4:
            SUBMIT(ticket, &call, update_provider_info, .volumes = &known, .volumes_count = 1);
            break;
        default: SUBMIT(ticket, &call, ensure_export, .volume = n[BASE]); break;
        }
    }
    running++;
    if (random_below(40) == 0)
        OK(zfssa_ticket_cancel(slot->ticket, &err));
}

/* What was told before and what is told now must go together. */
static void is_true(const slot_t *slot, int object, fact_t told, const zfssa_result_t *result)
{
    const fact_t known = slot->facts[object];
    if (known == DOUBT || known == told)
        return;
    fprintf(stderr, "%s was said to be %s, and now: %s\n", slot->names[object],
            known == YES ? "there" : "gone", zfssa_result_json(result, NULL));
    exit(1);
}

static void apply(slot_t *slot, const zfssa_result_t *result)
{
    const zfssa_status_t status = zfssa_result_status(result);
    const zfssa_error_info_t *error = zfssa_error_info(zfssa_result_error(result));
    done++;
    if (status != ZFSSA_OK) {
        CHECK(error != NULL && error->outcome <= ZFSSA_OUTCOME_PARTIAL);
        CHECK(status != ZFSSA_E_INTERNAL);
        failed++;
        by_outcome[error->outcome]++;
    }
    if (slot->object < 0)
        return;
    fact_t *fact = &slot->facts[slot->object];
    /* Volumes that are looked for by their name; a snapshot may be gone with its volume. */
    const int is_volume = slot->object < UNMANAGED;
    if (slot->effect == LOOK) {
        if (status == ZFSSA_OK)
            is_true(slot, slot->object, YES, result);
        else if (status == ZFSSA_E_VOLUME_NOT_FOUND && is_volume)
            is_true(slot, slot->object, NO, result);
        return;
    }
    if (status == ZFSSA_OK) {
        if (slot->effect == MAKE)
            *fact = YES;
        else
            *fact = NO;
        if (slot->effect == MOVE)
            slot->facts[slot->to] = YES;
        /* A volume takes its snapshots with it, and a move as well. */
        if (slot->object == BASE && slot->effect != MAKE)
            slot->facts[SNAPSHOT] = slot->facts[GROUP_SNAPSHOT] = DOUBT;
    } else if (error->outcome != ZFSSA_OUTCOME_NONE && error->outcome != ZFSSA_OUTCOME_REJECTED &&
               error->outcome != ZFSSA_OUTCOME_ROLLED_BACK) {
        *fact = DOUBT;
        if (slot->effect == MOVE)
            slot->facts[slot->to] = DOUBT;
    }
}

/* Takes one event. */
static void take(int64_t timeout_ms)
{
    zfssa_event_t event;
    uint32_t count = 0;
    OK(zfssa_queue_next(queue, &event, sizeof event, 1, timeout_ms, &count, &err));
    if (count == 0)
        return;
    slot_t *slot = &slots[event.user_data];
    if (event.kind == ZFSSA_EV_COMPLETION) {
        CHECK(event.ticket == slot->ticket);
        slot->ticket = 0;
        running--;
        apply(slot, event.result);
    } else if (event.kind == ZFSSA_EV_TRANSFER) {
        /* Mostly the image is written, in no time; now and then that fails. The operation may have
         * been given up meanwhile. */
        const zfssa_status_t word = random_below(8) == 0 ? ZFSSA_E_TRANSFER : ZFSSA_OK;
        transfers++;
        (void)zfssa_transfer_finish(event.ticket, word, "", NULL);
    }
    zfssa_result_free(event.result);
}

/* Compares what was told with what there is. */
static void compare(void)
{
    for (int at = 0; at < SLOTS; at++)
        for (int object = 0; object < UNMANAGED; object++) {
            const slot_t *slot = &slots[at];
            if (slot->facts[object] == DOUBT) {
                in_doubt++;
                continue;
            }
            const int there = slot->facts[object] == YES;
            DO(there ? ZFSSA_OK : ZFSSA_E_VOLUME_NOT_FOUND, get_volume,
               .name = slot->names[object]);
            if (there)
                settled_yes++;
            else
                settled_no++;
        }
}

/* Deletes every LUN of the project: what depends on another goes first. */
static void clear(void)
{
    for (int round = 0;; round++) {
        zfssa_ticket_t ticket = 0;
        SUBMIT(&ticket, NULL, get_manageable_volumes, .flags = 0);
        zfssa_result_t *result = wait_for(ticket);
        const zfssa_manageable_list_t *list = zfssa_result_manageable_list(result);
        CHECK(list != NULL);
        const uint64_t left = list->total;
        for (uint32_t i = 0; i < list->count; i++) {
            const char *name = list->entries[i]->reference;
            if (strncmp(name, "unmanaged-", 10) == 0) {
                char managed[2 * NAME];
                snprintf(managed, sizeof managed, "again-%d-%u", round, i);
                DO(ZFSSA_OK, manage_existing, .name = managed, .source_name = name);
                continue;
            }
            for (size_t host = 0; host < 2; host++)
                DO(ZFSSA_OK, terminate_connection, .volume = name, .initiator = HOSTS[host]);
            ticket = 0;
            SUBMIT(&ticket, NULL, list_snapshots, .volume = name);
            zfssa_result_t *listed = wait_for(ticket);
            const zfssa_snapshots_t *snapshots = zfssa_result_snapshots(listed);
            for (uint32_t s = 0; snapshots != NULL && s < snapshots->count; s++) {
                ticket = 0;
                SUBMIT(&ticket, NULL, delete_snapshot, .volume = name,
                       .name = snapshots->snapshots[s]->name);
                zfssa_result_free(wait_for(ticket));
            }
            zfssa_result_free(listed);
            ticket = 0;
            SUBMIT(&ticket, NULL, delete_volume, .name = name);
            listed = wait_for(ticket);
            if (round > 8 && zfssa_result_status(listed) != ZFSSA_OK)
                fprintf(stderr, "%s\n", zfssa_result_json(listed, NULL));
            zfssa_result_free(listed);
        }
        zfssa_result_free(result);
        if (left == 0)
            return;
        CHECK(round < 10);
    }
}

/* Prints what is open, for a leak to be found. */
static void list_descriptors(void)
{
    for (int fd = 0; fd < 1024; fd++) {
        char link[64], target[256];
        snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
        const ssize_t length = readlink(link, target, sizeof target - 1);
        if (length >= 0)
            printf("descriptor %d %.*s\n", fd, (int)length, target);
    }
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return 2;
    config_path = argv[1];
    const int64_t seconds = atoll(argv[2]);
    random_state = strtoull(argv[3], NULL, 10);
    /* The first driver of a process opens what the process keeps: a pair of sockets of the runtime. */
    begin();
    end();
    const int fds = count_of("/proc/self/fd"), threads = count_of("/proc/self/task");
    const int64_t began = now_ms();
    int64_t restart_at = began + 20000;
    OK(zfssa_queue_new(&queue, &err));
    begin();
    for (int at = 0; at < SLOTS; at++)
        name_all(at);
    puts("begin");
    fflush(stdout);
    while (now_ms() < began + seconds * 1000) {
        const int restart = now_ms() >= restart_at;
        for (int at = 0; at < SLOTS && !restart; at++)
            if (slots[at].ticket == 0)
                start(at);
        if (running > 0)
            take(1000);
        /* Now and then the host begins anew, and recovers what was left. It comes back only when
         * what was sent before and not answered is over: a new driver knows nothing of that. */
        if (restart && running == 0) {
            end();
            sleep_ms(LATE_MS);
            begin();
            restarts++;
            restart_at = now_ms() + 20000;
        }
    }
    while (running > 0)
        take(600000);

    puts("settle");
    fflush(stdout);
    CHECK(getchar() == '\n');
    DO(ZFSSA_OK, recover, .flags = 0);
    compare();
    clear();
    /* Entries of the image cache that were given up half-way. */
    DO(ZFSSA_OK, audit, .flags = ZFSSA_AUDIT_FIX | ZFSSA_AUDIT_ANY_AGE);
    end();
    zfssa_queue_free(queue);
    EVENTUALLY(zfssa_objects_alive() == 0);
    EVENTUALLY(count_of("/proc/self/task") <= threads);
    if (count_of("/proc/self/fd") > fds)
        list_descriptors();
    EVENTUALLY(count_of("/proc/self/fd") <= fds);
    printf("operations %" PRIu64 "\nfailed %" PRIu64 "\n", done, failed);
    static const char *const outcomes[] = {"none", "rejected", "applied", "unknown",
                                           "rolled back", "partial"};
    for (int i = 0; i < 6; i++)
        printf("outcome %s %" PRIu64 "\n", outcomes[i], by_outcome[i]);
    printf("transfers %" PRIu64 "\nrestarts %" PRIu64 "\n", transfers, restarts);
    printf("known to be there %" PRIu64 "\nknown to be gone %" PRIu64 "\nin doubt %" PRIu64 "\n",
           settled_yes, settled_no, in_doubt);
    printf("descriptors more %d\nthreads more %d\nhandles %" PRIu64 "\n",
           count_of("/proc/self/fd") - fds, count_of("/proc/self/task") - threads,
           zfssa_objects_alive());
    return 0;
}
