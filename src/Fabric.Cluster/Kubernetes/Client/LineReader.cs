using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Fabric.Cluster.Kubernetes;

/// <summary>Reads a stream line by line as the lines come, each however long.</summary>
internal static class LineReader
{
    /// <summary>The lines without their ends; an empty one is left out, and an unfinished last one is an error.</summary>
    /// <exception cref="IOException">The stream ended in the middle of a line, or can't be read.</exception>
    public static async IAsyncEnumerable<byte[]> Read(Stream stream, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var pipe = PipeReader.Create(stream);
        try
        {
            while (true)
            {
                var read = await pipe.ReadAsync(cancellationToken);
                var rest = read.Buffer;
                while (rest.PositionOf((byte)'\n') is { } end)
                {
                    var line = rest.Slice(0, end);
                    if (line.Length > 0)
                        yield return line.ToArray();
                    rest = rest.Slice(rest.GetPosition(1, end));
                }
                if (read.IsCompleted)
                {
                    if (rest.Length > 0)
                        throw new IOException("it ended in the middle of a line");
                    yield break;
                }
                pipe.AdvanceTo(rest.Start, rest.End);
            }
        }
        finally
        {
            await pipe.CompleteAsync();
        }
    }
}
