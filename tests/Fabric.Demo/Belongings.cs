using System.Diagnostics;
using System.Globalization;
using Fabric.Lab;

namespace Fabric.Demo;

/// <summary>Removes what a demo made, whether this one or one that was kept or killed.</summary>
/// <remarks>
/// Namespaces are known by their prefix, processes by their program and the demo's folder in their command line: not by
/// what a process remembers, so that nothing is left after a SIGKILL either.
/// </remarks>
internal static class Belongings
{
    private static readonly string[] Programs = ["fabric-node", "ovs-vswitchd", "ovsdb-server", "etcd"];

    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(10);

    /// <summary>Null if another demo holds the lock, which the kernel releases when its process ends.</summary>
    public static FileStream? TryLock()
    {
        try
        {
            return new FileStream(Places.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Ends the processes, deletes the namespaces with all that is in them, and the folder.</summary>
    /// <returns>How many things there were.</returns>
    public static int RemoveAll()
    {
        var pids = Processes();
        foreach (var pid in pids)
            Kill(pid);
        if (!SpinWait.SpinUntil(() => pids.TrueForAll(p => !IsAlive(p)), EndWithin))
            throw new DemoException($"processes {string.Join(", ", pids.Where(IsAlive))} do not end");
        var namespaces = Namespaces();
        // Pods before nodes: the node's end of a pod's link goes with the pod's.
        foreach (var name in namespaces.OrderByDescending(n => n.Length))
            LabCommand.Run("ip", "netns", "delete", name);
        var folder = Directory.Exists(Places.Folder);
        if (folder)
            Directory.Delete(Places.Folder, recursive: true);
        return pids.Count + namespaces.Count + (folder ? 1 : 0);
    }

    public static List<string> Namespaces() => Directory.Exists(Places.NamespaceFolder)
        ? [.. Directory.GetFiles(Places.NamespaceFolder, Places.Prefix + "*").Select(f => Path.GetFileName(f))]
        : [];

    /// <summary>True while the process runs; a zombie does not.</summary>
    public static bool IsAlive(int pid)
    {
        try
        {
            // proc(5): "pid (comm) state …"; comm may hold parentheses itself.
            var stat = File.ReadAllText($"/proc/{pid}/stat");
            return stat[stat.LastIndexOf(')') + 2] is not ('Z' or 'X');
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static List<int> Processes()
    {
        var found = new List<int>();
        foreach (var folder in Directory.GetDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), NumberStyles.None, CultureInfo.InvariantCulture, out var pid) && IsOurs(pid))
                found.Add(pid);
        }

        return found;
    }

    private static bool IsOurs(int pid)
    {
        try
        {
            var words = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return Programs.Contains(Path.GetFileName(words[0]))
                && words.Any(w => w.Contains(Places.Folder + "/", StringComparison.Ordinal));
        }
        catch (IOException)
        {
            // It ended while we looked.
            return false;
        }
    }

    private static void Kill(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException)
        {
            // It ended by itself in between.
        }
    }
}
