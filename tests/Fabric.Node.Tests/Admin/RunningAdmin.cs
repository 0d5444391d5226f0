using System.Collections.Concurrent;
using Fabric.Actors;
using Fabric.Messages;

namespace Fabric.Node.Tests;

/// <summary>The sample node behind a real admin socket in a directory of its own.</summary>
public sealed class RunningAdmin : IAsyncDisposable, IAdminObserver
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("fab-t");
    private readonly AdminServer _server;
    private bool _disposed;

    private RunningAdmin(INodeJournal? journal)
    {
        Journal = journal ?? SqliteNodeJournal.Open(JournalPath);
        Node = new SampleNode(Journal);
        Loop = new EventLoop("fab-t loop", Unhandled.Enqueue);
        _server = new AdminServer(
            Loop, Node, Journal, "/var/lib/fabric/journal.db", NodeEvents.Catalog, TimeProvider.System, this, Node);
    }

    public ConcurrentQueue<Exception> Unhandled { get; } = [];

    public ConcurrentQueue<Exception> Failures { get; } = [];

    public INodeJournal Journal { get; }

    public SampleNode Node { get; }

    public EventLoop Loop { get; }

    public string SocketPath => Path.Combine(_directory.FullName, "admin.sock");

    public string JournalPath => Path.Combine(_directory.FullName, "journal.db");

    public static async Task<RunningAdmin> StartAsync(INodeJournal? journal = null)
    {
        var admin = new RunningAdmin(journal);
        await admin.Node.LiveAsync();
        await admin._server.StartAsync(admin.SocketPath, CancellationToken.None);
        return admin;
    }

    public void RequestFailed(string path, Exception failure) => Failures.Enqueue(failure);

    public async ValueTask DisposeAsync()
    {
        if (_disposed)
            return;
        _disposed = true;
        await _server.DisposeAsync();
        await Loop.DisposeAsync();
        await Journal.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
