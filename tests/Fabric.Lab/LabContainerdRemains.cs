using System.Globalization;

namespace Fabric.Lab;

/// <summary>
/// Ends and removes what a containerd that is dead left behind: shims, the processes of its sandboxes, their mounts and cgroups.
/// </summary>
/// <remarks>All of it is known by containerd's folder, whose path or name is in each of them; so it works for another process's too.</remarks>
internal static class LabContainerdRemains
{
    private const string CgroupRoot = "/sys/fs/cgroup";

    /// <summary>The cgroup above those of all its sandboxes.</summary>
    internal static string CgroupOf(string folder) => "/" + Path.GetFileName(folder);

    /// <summary>The folder itself stays, and can be deleted then. Doing it twice is doing it once.</summary>
    internal static void Remove(string folder)
    {
        foreach (var shim in Shims(folder))
        {
            // The shim is the parent of its containers' processes, and would become none's if it went first.
            foreach (var child in ChildrenOf(shim))
                LabDaemon.KillProcess(child);
            LabDaemon.KillProcess(shim);
        }
        LabWait.Until(() => !Shims(folder).Any(), $"the shims of {folder} are gone");
        RemoveShimSockets(folder);
        foreach (var mount in MountsUnder(folder))
            LabCommand.Run("umount", "--lazy", mount);
        RemoveCgroups(CgroupOf(folder).TrimStart('/'));
    }

    /// <summary>The shims that are there, by pid.</summary>
    internal static IEnumerable<int> Shims(string folder) => Processes().Where(pid =>
        Read(pid, "cmdline") is { } line && line.Contains("containerd-shim", StringComparison.Ordinal)
        && line.Contains(folder + "/", StringComparison.Ordinal) && LabDaemon.IsAlive(pid));

    /// <summary>Mounts inside the folder, the innermost first.</summary>
    internal static IEnumerable<string> MountsUnder(string folder) => File.ReadLines("/proc/self/mountinfo")
        // proc_pid_mountinfo(5): the fifth field is the mount point.
        .Select(line => line.Split(' ')[4])
        .Where(point => point.StartsWith(folder + "/", StringComparison.Ordinal))
        .Reverse().ToList();

    private static void RemoveShimSockets(string folder)
    {
        var bundles = Path.Combine(folder, "state", "io.containerd.runtime.v2.task", "k8s.io");
        foreach (var bundle in Directory.Exists(bundles) ? Directory.GetDirectories(bundles) : [])
        {
            var address = Path.Combine(bundle, "address");
            if (File.Exists(address) && File.ReadAllText(address).Trim() is ['u', 'n', 'i', 'x', ':', '/', '/', .. var socket])
                File.Delete(socket);
        }
    }

    private static void RemoveCgroups(string name)
    {
        // Version 1 has a tree for each controller, version 2 one for all.
        foreach (var root in Directory.GetDirectories(CgroupRoot).Append(CgroupRoot))
        {
            var cgroup = Path.Combine(root, name);
            // The kernel lets go of a cgroup a moment after its last process.
            LabWait.Until(() => TryRemove(cgroup), $"{cgroup} is empty");
        }
    }

    private static bool TryRemove(string cgroup)
    {
        try
        {
            if (!Directory.Exists(cgroup))
                return true;
            // Its files go with it and can't be deleted one by one.
            foreach (var inner in Directory.GetDirectories(cgroup, "*", SearchOption.AllDirectories).OrderByDescending(d => d.Length))
                Directory.Delete(inner);
            Directory.Delete(cgroup);
            return true;
        }
        catch (DirectoryNotFoundException)
        {
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static IEnumerable<int> ChildrenOf(int parent) => Processes().Where(pid =>
        // proc_pid_stat(5): "pid (comm) state ppid …"; comm may itself hold parentheses.
        Read(pid, "stat") is { } stat && stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1] == Text(parent));

    private static IEnumerable<int> Processes() => Directory.GetDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid : 0)
        .Where(pid => pid > 0);

    private static string? Read(int pid, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{Text(pid)}/{file}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return null;
        }
    }

    private static string Text(int pid) => pid.ToString(CultureInfo.InvariantCulture);
}
