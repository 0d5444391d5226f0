using Fabric.Contracts;
using Fabric.Messages;

namespace Fabric.Cluster.Tests;

/// <summary>The second process at a store: <c>race FILE STREAM WRITER WINS</c>.</summary>
internal static class Program
{
    public static async Task<int> Main(string[] args)
    {
        if (args is not ["race", var file, var stream, var writer, var wins])
            return 2;
        await using var store = SqliteClusterStore.Open(file, "default", TimeProvider.System);
        await StoreRace.RunAsync(store, PersistenceId.Parse(stream), writer, int.Parse(wins, System.Globalization.CultureInfo.InvariantCulture));
        return 0;
    }
}
