namespace Fabric.Cni;

/// <summary>A moment on the monotonic clock.</summary>
internal readonly struct Deadline(int milliseconds)
{
    private readonly long _end = Environment.TickCount64 + milliseconds;

    public bool Passed => Environment.TickCount64 >= _end;

    /// <summary>What is left, at least 0.</summary>
    public int Milliseconds => (int)Math.Max(0, _end - Environment.TickCount64);
}
