namespace Fabric.Linux.Tests;

/// <summary>A network namespace of its own for one test; everything in it goes with it.</summary>
internal sealed class ScratchNamespace : IDisposable
{
    private static int s_count;

    public ScratchNamespace()
    {
        Name = $"fab-t{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Tool.Run("ip", "netns", "add", Name);
        Handle = NetworkNamespace.Open(Path);
    }

    public string Name { get; }

    public string Path => $"/run/netns/{Name}";

    public NetworkNamespace Handle { get; }

    public void Dispose()
    {
        Handle.Dispose();
        Tool.Run("ip", "netns", "del", Name);
    }

    public string Exec(params string[] command) => Tool.Run("ip", ["netns", "exec", Name, .. command]);

    /// <summary>Skips the test where it can't run, and says why.</summary>
    public static void Require() =>
        Skip.If(Environment.UserName != "root" || !Tool.Exists("ip"), "needs root and iproute2");
}
