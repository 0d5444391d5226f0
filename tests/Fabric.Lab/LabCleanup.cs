using System.Globalization;

namespace Fabric.Lab;

/// <summary>
/// Removes what the lab made: when its owner is disposed, else when this process exits, else (this process was killed)
/// when the next lab starts.
/// </summary>
/// <remarks>
/// Everything the lab makes carries the pid of its maker in its name, with the pid namespace that it counts in
/// (<c>fab-t-PID.NAMESPACE-N…</c>), which is how the next lab knows leftovers from the belongings of a lab that is still running
/// beside it.
/// </remarks>
internal static class LabCleanup
{
    internal const string Prefix = "fab-t-";

    private static readonly Lock Gate = new();
    private static readonly List<Action> Pending = [];
    private static int _next;

    static LabCleanup()
    {
        AppDomain.CurrentDomain.ProcessExit += (_, _) => RunAll();
        SweepDeadOwners();
    }

    /// <summary>A name no other object of this machine has; <paramref name="label"/> only helps the reader.</summary>
    internal static string UniqueName(string label) => string.Create(
        CultureInfo.InvariantCulture,
        $"{Prefix}{Environment.ProcessId}.{LabPidNamespace.Own}-{Interlocked.Increment(ref _next)}-{label}");

    /// <summary>
    /// Runs <paramref name="action"/> at the latest at process exit, and at most once; disposing the result runs it.
    /// </summary>
    internal static IDisposable Register(Action action)
    {
        lock (Gate)
            Pending.Add(action);
        return new Registration(action);
    }

    private static void RunAll()
    {
        while (TakeLast() is { } action)
        {
            try
            {
                action();
            }
            catch (Exception exception) when (exception is LabException or IOException)
            {
                // One object that cannot be removed must not keep the others from being removed.
                Console.Error.WriteLine($"lab cleanup: {exception.Message}");
            }
        }
    }

    private static Action? TakeLast()
    {
        lock (Gate)
        {
            if (Pending.Count == 0)
                return null;
            var action = Pending[^1];
            Pending.RemoveAt(Pending.Count - 1);
            return action;
        }
    }

    private static void SweepDeadOwners()
    {
        foreach (var folder in Directory.GetDirectories(Path.GetTempPath(), Prefix + "*"))
            SweepIfDead(Path.GetFileName(folder), () => SweepFolder(folder));
        if (!Directory.Exists(LabNamespace.Folder))
            return;
        foreach (var path in Directory.GetFiles(LabNamespace.Folder, Prefix + "*"))
            SweepIfDead(Path.GetFileName(path), () => LabNamespace.Delete(Path.GetFileName(path)));
    }

    private static void SweepIfDead(string name, Action sweep)
    {
        if (!OwnerIsDead(name))
            return;
        try
        {
            sweep();
        }
        catch (Exception exception) when (exception is LabException or IOException or UnauthorizedAccessException)
        {
            // Another lab may sweep the same leftovers now; what neither removes, the next lab finds again.
            Console.Error.WriteLine($"lab sweep: {name}: {exception.Message}");
        }
    }

    private static void SweepFolder(string folder)
    {
        foreach (var pidFile in Directory.GetFiles(folder, "*.pid", SearchOption.AllDirectories))
            LabDaemon.KillLeftover(pidFile, folder);
        if (folder.EndsWith("-" + LabContainerd.Label, StringComparison.Ordinal))
            LabContainerdRemains.Remove(folder);
        DeleteFolder(folder);
    }

    /// <summary>Deletes a folder; that another lab swept it first is the same outcome.</summary>
    internal static void DeleteFolder(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Already gone, which is what was asked for.
        }
    }

    private static bool OwnerIsDead(string name) =>
        name[Prefix.Length..].Split('-')[0].Split('.') is [var pid, var pidNamespace]
        && int.TryParse(pid, NumberStyles.None, CultureInfo.InvariantCulture, out var owner)
        && (pidNamespace == LabPidNamespace.Own ? !LabDaemon.IsAlive(owner) : LabPidNamespace.IsGone(pidNamespace));

    private sealed class Registration(Action action) : IDisposable
    {
        public void Dispose()
        {
            bool mine;
            lock (Gate)
                mine = Pending.Remove(action);
            if (mine)
                action();
        }
    }
}
