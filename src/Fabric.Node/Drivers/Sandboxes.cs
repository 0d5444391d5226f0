using Fabric.Messages;

namespace Fabric.Node;

/// <summary>The namespaces that CNI requests under way have brought with them, by attachment.</summary>
/// <remarks>
/// Descriptors live in memory only: after a restart of the agent unfinished attachments are undone, and the runtime brings the
/// namespace again. Lives on the event loop.
/// </remarks>
public sealed class Sandboxes
{
    private readonly SortedDictionary<AttachmentId, List<Sandbox>> _open = [];

    /// <summary>Lends a sandbox until the result is disposed; the caller keeps owning it.</summary>
    public IDisposable Lend(AttachmentId attachment, Sandbox sandbox)
    {
        if (!_open.TryGetValue(attachment, out var list))
            _open[attachment] = list = [];
        list.Add(sandbox);
        return new Loan(() =>
        {
            list.Remove(sandbox);
            if (list.Count == 0 && _open.TryGetValue(attachment, out var current) && ReferenceEquals(current, list))
                _open.Remove(attachment);
        });
    }

    /// <summary>The wanted namespace, for the caller to dispose; null if no request under way has brought it.</summary>
    public Sandbox? Borrow(AttachmentId attachment, SandboxRef wanted) =>
        _open.TryGetValue(attachment, out var list) ? list.Find(s => s.Ref.IsSameNamespace(wanted))?.Share() : null;

    private sealed class Loan(Action end) : IDisposable
    {
        public void Dispose() => end();
    }
}
