using Fabric.Messages;

namespace Fabric.Node;

/// <summary>An open network namespace of a pod. While it is open the kernel keeps the namespace.</summary>
/// <remarks>
/// Whoever made it or called <see cref="Share"/> disposes it once; the last of them closes it. So a request that brought it may be
/// answered while another one's work in it goes on.
/// </remarks>
public abstract class Sandbox(SandboxRef reference) : IDisposable
{
    private int _holders = 1;

    public SandboxRef Ref { get; } = reference;

    /// <summary>Keeps it open for one more holder. Only for a caller who knows that it is open now.</summary>
    public Sandbox Share()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _holders) == 0)
            Close();
    }

    protected abstract void Close();
}
