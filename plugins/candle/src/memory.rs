//! How much memory this process may still take.

/// The free memory in bytes: on Linux the least of what the system calls available and what each control group around this
/// process leaves; elsewhere unknown.
pub(crate) fn free() -> Option<u64> {
    linux::free(std::path::Path::new("/"))
}

/// What Linux says in its files. Where they are missing, nothing is known.
mod linux {
    use std::path::{Path, PathBuf};

    /// The free memory by the files under `root`.
    pub(super) fn free(root: &Path) -> Option<u64> {
        let system = available(&std::fs::read_to_string(root.join("proc/meminfo")).ok()?);
        let group = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
        let limits = group.lines().filter_map(|line| left_in_group(root, line));
        system.into_iter().chain(limits).min()
    }

    /// `MemAvailable` of `/proc/meminfo`.
    fn available(meminfo: &str) -> Option<u64> {
        let line = meminfo.lines().find_map(|line| line.strip_prefix("MemAvailable:"))?;
        let kilobytes: u64 = line.trim().trim_end_matches("kB").trim_end().parse().ok()?;
        Some(kilobytes * 1024)
    }

    /// What is left by the tightest limit on the way from the group of this line of `/proc/self/cgroup` up to the root.
    fn left_in_group(root: &Path, line: &str) -> Option<u64> {
        let mut parts = line.splitn(3, ':').skip(1);
        let (controllers, path) = (parts.next()?, parts.next()?);
        let (mount, files) = match controllers {
            "" => ("sys/fs/cgroup", UNIFIED),
            "memory" => ("sys/fs/cgroup/memory", LEGACY),
            _ => return None,
        };
        let mount = root.join(mount);
        let group = mount.join(path.trim_start_matches('/'));
        // In a container the path is often that of the host, and the files are at the mount itself.
        let groups = group.ancestors().take_while(|folder| folder.starts_with(&mount)).map(Path::to_owned);
        groups.filter_map(|folder| files.left(&folder)).min()
    }

    /// The names of a control group's files.
    struct Files {
        limit: &'static str,
        used: &'static str,
        statistics: &'static str,
        /// The part of the use that is file cache which can be dropped.
        cache: &'static str,
    }

    const UNIFIED: Files =
        Files { limit: "memory.max", used: "memory.current", statistics: "memory.stat", cache: "inactive_file" };
    const LEGACY: Files = Files {
        limit: "memory.limit_in_bytes",
        used: "memory.usage_in_bytes",
        statistics: "memory.stat",
        cache: "total_inactive_file",
    };

    impl Files {
        /// What the group's limit leaves; none where it sets no limit.
        fn left(&self, folder: &Path) -> Option<u64> {
            // "max", or no file at all, is no limit.
            let limit: u64 = read(folder.join(self.limit))?;
            let used: u64 = read(folder.join(self.used))?;
            let statistics = std::fs::read_to_string(folder.join(self.statistics)).unwrap_or_default();
            let cache = statistics.lines().find_map(|line| line.strip_prefix(self.cache)?.trim().parse().ok());
            Some(limit.saturating_sub(used.saturating_sub(cache.unwrap_or(0))))
        }
    }

    fn read(path: PathBuf) -> Option<u64> {
        std::fs::read_to_string(path).ok()?.trim().parse().ok()
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        /// A folder with these files.
        fn root(files: &[(&str, &str)]) -> tempfile::TempDir {
            let root = tempfile::tempdir().unwrap();
            for (path, text) in files {
                let path = root.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, text).unwrap();
            }
            root
        }

        fn free_of(files: &[(&str, &str)]) -> Option<u64> {
            free(root(files).path())
        }

        const MEMINFO: (&str, &str) =
            ("proc/meminfo", "MemTotal:  9000 kB\nMemFree:  10 kB\nMemAvailable:    5000 kB\n");

        #[test]
        fn without_limits_it_is_what_the_system_calls_available() {
            assert_eq!(free_of(&[MEMINFO]), Some(5000 * 1024));
            let unlimited = [MEMINFO, ("proc/self/cgroup", "0::/job\n"), ("sys/fs/cgroup/job/memory.max", "max\n")];
            assert_eq!(free_of(&unlimited), Some(5000 * 1024));
        }

        #[test]
        fn the_tightest_limit_of_the_groups_around_the_process_counts() {
            let files = [
                MEMINFO,
                ("proc/self/cgroup", "0::/user/job\n"),
                ("sys/fs/cgroup/user/job/memory.max", "max\n"),
                ("sys/fs/cgroup/user/memory.max", "1000000\n"),
                ("sys/fs/cgroup/user/memory.current", "700000\n"),
                ("sys/fs/cgroup/user/memory.stat", "anon 500000\ninactive_file 200000\n"),
            ];
            assert_eq!(free_of(&files), Some(500_000));
        }

        #[test]
        fn a_container_that_sees_the_hosts_path_finds_its_limit_at_the_mount() {
            let files = [
                MEMINFO,
                ("proc/self/cgroup", "0::/docker/abc\n"),
                ("sys/fs/cgroup/memory.max", "300000\n"),
                ("sys/fs/cgroup/memory.current", "100000\n"),
            ];
            assert_eq!(free_of(&files), Some(200_000));
        }

        #[test]
        fn the_older_kind_of_groups_is_read_too() {
            let files = [
                MEMINFO,
                ("proc/self/cgroup", "11:memory:/a\n3:cpu,cpuacct:/a\n"),
                ("sys/fs/cgroup/memory/a/memory.limit_in_bytes", "400000\n"),
                ("sys/fs/cgroup/memory/a/memory.usage_in_bytes", "350000\n"),
                ("sys/fs/cgroup/memory/a/memory.stat", "inactive_file 1\ntotal_inactive_file 50000\n"),
            ];
            assert_eq!(free_of(&files), Some(100_000));
        }

        #[test]
        fn where_the_system_says_nothing_nothing_is_known() {
            assert_eq!(free_of(&[]), None);
        }
    }
}
