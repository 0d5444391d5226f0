namespace Fabric.Lab;

/// <summary>
/// Where pids count (pid_namespaces(7)). Test projects run in namespaces of their own and share /tmp: another one's pid says nothing
/// here.
/// </summary>
internal static class LabPidNamespace
{
    /// <summary>The inode number of the first one, from which all processes are seen (PROC_PID_INIT_INO in the kernel).</summary>
    private const string First = "4026531836";

    /// <summary>This process's, by its inode number.</summary>
    internal static string Own { get; } = Of("self") ?? throw new LabException("/proc/self/ns/pid", -1, "it can't be read");

    /// <summary>Whether nobody can be in it any more. Inside of another namespace that can't be told, and then nobody's things are swept.</summary>
    internal static bool IsGone(string pidNamespace) => Own == First
        && !Directory.GetDirectories("/proc").Select(Path.GetFileName).Any(p => char.IsAsciiDigit(p![0]) && Of(p) == pidNamespace);

    private static string? Of(string process)
    {
        try
        {
            // pid:[4026531836]
            return new FileInfo($"/proc/{process}/ns/pid").LinkTarget?.Split('[', ']')[1];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It has ended meanwhile.
            return null;
        }
    }
}
