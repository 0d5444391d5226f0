using Microsoft.Win32.SafeHandles;

namespace Fabric.Actors;

/// <summary>A database connection; closed when the last statement on it is finalized (sqlite3_close_v2).</summary>
internal sealed class SqliteHandle : SafeHandleZeroOrMinusOneIsInvalid
{
    public SqliteHandle() : base(ownsHandle: true)
    {
    }

    protected override bool ReleaseHandle() => SqliteNative.Close(handle) == SqliteNative.Ok;
}
